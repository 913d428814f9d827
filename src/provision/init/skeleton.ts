import { assertNever } from '../../base/assert.ts'

export const SKELETON_KINDS = ['static', 'aws', 'vagrant'] as const
export type SkeletonKind = (typeof SKELETON_KINDS)[number]

export interface SkeletonHost {
  readonly name: string
  readonly address: string
}

export interface SkeletonAnswers {
  readonly kind: SkeletonKind
  readonly clusterName: string
  readonly subnet: string
  readonly user: string
  /** Of `static`; of `vagrant` their addresses in a private network. */
  readonly hosts: readonly SkeletonHost[]
  /** Of `aws`. */
  readonly region: string
}

export interface SkeletonFile {
  readonly path: string
  readonly content: string
}

/** Addresses of documentation (RFC 5737), to be replaced. */
export const EXAMPLE_HOSTS: Readonly<Record<SkeletonKind, readonly SkeletonHost[]>> = {
  static: ['192.0.2.11', '192.0.2.12', '192.0.2.13'].map((address, i) => ({ name: `web${i + 1}`, address })),
  vagrant: ['192.168.56.11', '192.168.56.12', '192.168.56.13'].map((address, i) => ({ name: `node${i + 1}`, address })),
  aws: [],
}

/** The files of an inventory to begin with: few lines, each of which means something. */
export function skeletonOf(answers: SkeletonAnswers): readonly SkeletonFile[] {
  switch (answers.kind) {
    case 'static':
      return [hostsFile(answers), settingsFile(answers, '')]
    case 'aws':
      return [awsFile(answers), settingsFile(answers, '')]
    case 'vagrant':
      return [hostsFile(answers), settingsFile(answers, VAGRANT_ACCESS), vagrantFile(answers)]
    default:
      return assertNever(answers.kind)
  }
}

function hostsFile({ hosts }: SkeletonAnswers): SkeletonFile {
  const lines = hosts.map(({ name, address }) => `    ${name}: { ansible_host: ${address} }`)
  const content = `# A name stays with a host for life, and its number with the name.\nweave:\n  hosts:\n${lines.join('\n')}\n`
  return { path: 'hosts.yml', content }
}

function settingsFile({ clusterName, subnet, user }: SkeletonAnswers, access: string): SkeletonFile {
  const content = `---
ansible_user: ${user}
ansible_become: true
${access}
weave_cluster_name: ${clusterName}
# No network of the hosts may overlap it. Host N has 10.2.0.N on the bridge and hands out 10.2.N.0/24, with the default.
weave_subnet: ${subnet}
`
  return { path: 'group_vars/weave.yml', content: content.replace(/\n\n+/g, '\n\n') }
}

/** Vagrant makes a key for each machine, and machines of the same address come and go. */
const VAGRANT_ACCESS = `ansible_ssh_private_key_file: "{{ inventory_dir }}/.vagrant/machines/{{ inventory_hostname }}/virtualbox/private_key"
ansible_ssh_common_args: -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null
`

function awsFile({ region, clusterName }: SkeletonAnswers): SkeletonFile {
  const content = `# The running instances with the tag Cluster=${clusterName}. Needs the collection amazon.aws and boto3 on this machine.
plugin: amazon.aws.aws_ec2
regions:
  - ${region}
filters:
  instance-state-name: running
  tag:Cluster: ${clusterName}
# A name that outlives the addresses: numbers belong to names.
hostnames:
  - tag:Name
  - instance-id
groups:
  weave: "true"
compose:
  ansible_host: public_ip_address | default(private_ip_address, true)
  weave_underlay_address: private_ip_address
`
  return { path: `${clusterName}.aws_ec2.yml`, content }
}

function vagrantFile({ hosts }: SkeletonAnswers): SkeletonFile {
  const list = hosts.map(({ name, address }) => `  '${name}' => '${address}',`)
  const content = `HOSTS = {
${list.join('\n')}
}.freeze

Vagrant.configure('2') do |config|
  config.vm.box = 'debian/bookworm64'
  HOSTS.each do |name, address|
    config.vm.define name do |machine|
      machine.vm.hostname = name
      machine.vm.network 'private_network', ip: address
      machine.vm.provision 'shell', inline: 'apt-get update -q && apt-get install -qy docker.io'
    end
  end
end
`
  return { path: 'Vagrantfile', content }
}
