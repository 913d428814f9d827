import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import { LabInstance } from '../../../src/lab/instance.ts'
import { LabDriver, type Outcome } from '../acceptance/lab-driver.ts'

const BASTION = '10.78.1.2'

/**
 * The example site as its README says, on hosts of a lab of which no two bring their interfaces up alike. Two networks: the control
 * machine reaches the bastion in one, and everything else through it, in the other.
 */
const HOSTS = `mesos:
  children:
    mesos_masters:
      hosts:
        master1:
          ansible_host: 10.78.2.11
          weave_lab_host: { class: systemd, networking: netplan, networks: { inside: 10.78.2.11 } }
        master2:
          ansible_host: 10.78.2.12
          weave_lab_host: { class: systemd, networking: networkd, networks: { inside: 10.78.2.12 } }
        master3:
          ansible_host: 10.78.2.13
          weave_lab_host: { class: systemd, networking: network-manager, networks: { inside: 10.78.2.13 } }
    mesos_agents:
      hosts:
        agent1:
          ansible_host: 10.78.2.23
          # Variables of an older role.
          weave_ip: 10.2.0.23
          weave_container_cidr: 10.2.23.0/24
          weave_lab_host:
            class: systemd
            networks: { inside: 10.78.2.23 }
            files:
              /etc/network/interfaces: |
                source-directory interfaces.d
                auto lo
                iface lo inet loopback
                auto eth0
                iface eth0 inet static
                    address 10.78.2.23/24
ungrouped:
  hosts:
    bastion:
      ansible_host: ${BASTION}
      weave_lab_host: { class: systemd, networks: { outside: ${BASTION}, inside: 10.78.2.2 } }
all:
  vars:
    weave_lab:
      networks:
        outside: { subnet: 10.78.1.0/24, control: 10.78.1.1 }
        inside: { subnet: 10.78.2.0/24, control: 10.78.2.1 }
`

/** Answers as Mesos does: a schedule replaces the one before, and only what is scheduled can go down. Writes down what is changed. */
const LEADER = `import http.server, json
OTHER = {'machine_ids': [{'hostname': 'other', 'ip': '192.0.2.9'}], 'unavailability': {'start': {'nanoseconds': 1}}}
windows, down = [OTHER], []
def scheduled():
    return [machine for window in windows for machine in window['machine_ids']]
def change(path, body):
    if path == '/maintenance/schedule':
        assert all(type(window['unavailability']['start']['nanoseconds']) is int for window in body['windows'])
        windows[:] = body['windows']
    elif path == '/machine/down':
        assert all(machine in scheduled() and machine not in down for machine in body)
        down.extend(body)
    else:
        assert all(machine in down for machine in body)
        down[:] = [machine for machine in down if machine not in body]
        windows[:] = [window for window in windows if not any(machine in body for machine in window['machine_ids'])]
class Leader(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.answer(200, {'windows': windows} if self.path == '/maintenance/schedule' else {'down_machines': down})
    def do_POST(self):
        try:
            change(self.path, json.loads(self.rfile.read(int(self.headers['Content-Length']))))
        except Exception as problem:
            return self.answer(400, repr(problem))
        open('/run/asked', 'a').write(self.path + ' ' + self.client_address[0] + '\\n')
        self.answer(200, {})
    def answer(self, status, value):
        self.send_response(status)
        self.send_header('Content-Type', 'application/json')
        self.end_headers()
        self.wfile.write(json.dumps(value).encode())
http.server.HTTPServer(('10.78.2.11', 5050), Leader).serve_forever()
`

/** A checkout of the example site beside an installed collection, and the hosts of a lab that it is for. */
export class Site {
  readonly lab = new LabDriver('examples/mesos-site', 'hosts.yml')

  readonly #collections = join(this.lab.directory, 'collections')
  readonly #instance = new LabInstance(this.lab.folder)

  async prepare(): Promise<void> {
    writeFileSync(this.lab.inventory, HOSTS)
    const keys = [`IdentityFile ${this.#instance.privateKey}`, `UserKnownHostsFile ${this.#instance.knownHosts}`]
    // The lab lets root in, and has no user of another name.
    this.#adapt('group_vars/mesos.yml', [
      ['ansible_user: admin', 'ansible_user: root'],
      ['ansible_become: true', 'ansible_become: false'],
    ])
    this.#adapt('group_vars/mesos_agents.yml', [['http://leader.mesos:5050', 'http://10.78.2.11:5050']])
    this.#adapt('ansible.cfg', [['-F ssh_config', `-F ${join(this.lab.folder, 'ssh_config')}`]])
    const ssh = readFileSync('examples/mesos-site/ssh_config', 'utf8')
    const adapted = ssh.replaceAll('admin@', 'root@').replaceAll('User admin', 'User root')
    writeFileSync(
      join(this.lab.folder, 'ssh_config'),
      `${adapted.replaceAll('192.0.2.10', BASTION).replaceAll('172.31.*', '10.78.2.*')}\nHost *\n    ${keys.join('\n    ')}\n`,
    )
    const up = await this.lab.provision(['lab', 'up'])
    if (up.exitCode !== 0) throw new Error(`lab up: ${up.stderr}${up.stdout}`)
    await this.lab.provision(['lab', 'cut', 'control', 'inside'])
    writeFileSync(join(this.lab.directory, 'leader.py'), LEADER)
    await this.lab.feed('master1', ['tee', '/root/leader.py'], join(this.lab.directory, 'leader.py'))
    await this.lab.on('master1', ['systemd-run', '--unit=leader', 'python3', '/root/leader.py'])
  }

  #adapt(file: string, pairs: readonly (readonly [string, string])[]): void {
    const path = join(this.lab.folder, file)
    const text = pairs.reduce(
      (all, [from, to]) => {
        if (!all.includes(from)) throw new Error(`${file} does not say ${from}`)
        return all.replace(from, to)
      },
      readFileSync(path, 'utf8'),
    )
    writeFileSync(path, text)
  }

  /** Builds the collection, and installs it from its file as a site does that has no network. */
  async install(): Promise<string> {
    const { stdout } = await execa('node', ['scripts/release/collection.mjs', join(this.lab.directory, 'release')])
    const file = stdout.trim().split('\n').at(-1) ?? ''
    await execa('ansible-galaxy', ['collection', 'install', '--offline', file, '-p', this.#collections])
    return join(this.#collections, 'ansible_collections', 'weave', 'overlay')
  }

  async play(...args: readonly string[]): Promise<{ readonly exitCode: number; readonly output: string }> {
    const command = ['ansible-playbook', 'site.yml', ...args]
    const result = await execa('ip', ['netns', 'exec', this.#instance.controlNamespace, ...command], {
      cwd: this.lab.folder,
      reject: false,
      all: true,
      stdin: 'ignore',
      env: {
        ANSIBLE_COLLECTIONS_PATH: this.#collections,
        ANSIBLE_COLLECTIONS_PATHS: this.#collections,
        ANSIBLE_VAULT_PASSWORD_FILE: this.lab.vaultPassword,
        ANSIBLE_NOCOLOR: '1',
      },
    })
    return { exitCode: result.exitCode ?? 1, output: String(result.all) }
  }

  /** As in the site's folder, whose settings say how its hosts are reached. */
  async provision(args: readonly string[]): Promise<Outcome> {
    return this.lab.provision(args, { ANSIBLE_CONFIG: join(this.lab.folder, 'ansible.cfg') })
  }

  /** Whose maintenance Mesos has scheduled. */
  async scheduled(): Promise<readonly string[]> {
    const get =
      "import urllib.request; print(urllib.request.urlopen('http://10.78.2.11:5050/maintenance/schedule').read().decode())"
    const { windows } = JSON.parse(await this.lab.on('master1', ['python3', '-c', get]))
    return windows.flatMap((window: { machine_ids: { hostname: string }[] }) =>
      window.machine_ids.map(one => one.hostname),
    )
  }

  /** What Mesos was asked, and by whom. */
  async asked(): Promise<readonly string[]> {
    return (await this.lab.shell('master1', 'cat /run/asked || true')).split('\n').filter(line => line !== '')
  }
}
