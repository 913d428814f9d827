/** Where things are on a host. The provisioner puts them there, the agent finds them there. */
export const HOST_PATHS = {
  /** Symlink to the release in use; `releases/<digest>` holds weave.mjs, node_modules, bin/weave and perhaps bin/node. */
  release: '/opt/weave/current',
  releases: '/opt/weave/releases',
  command: '/usr/local/bin/weave',

  /** Readable by all: nothing secret in it. */
  agentConfig: '/etc/weave/agent-config.json',
  manifest: '/etc/weave/manifest.json',
  certificate: '/etc/weave/certificate.pem',
  clusterCertificate: '/etc/weave/cluster-certificate.pem',
  /** Mode 0600: 32 bytes in hexadecimal; opens the door in front of TLS (docs/protocol.md, preface). */
  admissionKey: '/etc/weave/admission.key',

  /** Mode 0700. */
  state: '/var/lib/weave',
  /** Mode 0600: the host's Ed25519 private key, PKCS #8 in PEM. Never leaves the host. */
  identityKey: '/var/lib/weave/identity.pem',
  /** The newest valid manifest heard by gossip; wins over the shipped one when its version is higher. */
  learntManifest: '/var/lib/weave/manifest.json',
  /** Mode 0600: how `weave launch` was called on a host without a provisioner. */
  launch: '/var/lib/weave/launch.json',
  /** Address space that the router owns, and the leases of containers. */
  addresses: '/var/lib/weave/addresses.json',
  /** Names of this host's containers, and those that `weave dns-add` gave. */
  names: '/var/lib/weave/names.json',
  /** How addresses and names are handed out: the flags of the last launch. */
  services: '/var/lib/weave/services.json',
  /** Where else the API is served, and what Docker is offered: the flags of the last launch. */
  features: '/var/lib/weave/features.json',
  /** How the proxy in front of Docker works. */
  proxySettings: '/var/lib/weave/proxy.json',
  /** Mode 0600: the passwords of a cluster without certificates, a line each; the first is used to dial, both let in. */
  password: '/var/lib/weave/password',
  /** The short id taken in an open cluster. */
  shortId: '/var/lib/weave/short-id',
  /** Targets added by `weave connect`. */
  targets: '/var/lib/weave/targets.json',
  /** Those that were given by name, with what the names stood for. */
  namedTargets: '/var/lib/weave/named-targets.json',
  /** Mode 0600: what happened, a line of JSON each; the file before it is `events.jsonl.1`. */
  journal: '/var/lib/weave/events.jsonl',

  /** Mode 0600, root only. */
  controlSocket: '/run/weave/control.sock',
  /** Docker's API with containers that come up on the overlay: `eval $(weave env)`. */
  proxySocket: '/run/weave/weave.sock',
  pidFile: '/run/weave/weave.pid',
  /** Of a router that no init system keeps. */
  daemonLog: '/var/log/weave.log',
} as const
