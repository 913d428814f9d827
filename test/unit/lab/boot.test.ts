import { bootCommand, supervisorCommand } from '../../../src/lab/boot.ts'
import { LabGroups, parseHierarchies } from '../../../src/lab/cgroups.ts'
import { LabInstance } from '../../../src/lab/instance.ts'
import { exampleLab } from './examples.ts'

const VERSION_1 = [
  '25 24 0:23 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct',
  '27 24 0:25 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd',
].join('\n')
const VERSION_2 = '30 24 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw'

describe('booting a host', () => {
  const instance = new LabInstance('/srv/lab')
  const [systemd, sysvinit] = exampleLab().hosts as [never, never]

  it('a host with systemd does without a machine whose PID 1 is systemd', () => {
    expect(bootCommand(systemd, options(VERSION_1))).toEqual(
      expect.arrayContaining(['--register=no', '--keep-unit', '--boot', '--hostname=edge']),
    )
  })

  it('a host is given the version of cgroups that the machine has its controllers in', () => {
    expect(bootCommand(systemd, options(VERSION_1))).toContain('SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=0')
    expect(bootCommand(systemd, options(VERSION_2))).toContain('SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1')
    expect(bootCommand(sysvinit, options(VERSION_1)).at(-1)).toBe('cpu,cpuacct')
    expect(bootCommand(sysvinit, options(VERSION_2)).at(-1)).toBe('unified')
  })

  it('a host without systemd is a set of namespaces that ends with its first process', () => {
    const command = bootCommand(sysvinit, options(VERSION_1))
    expect(command.slice(0, 2)).toEqual(['nsenter', `--net=/run/netns/wl-${instance.id}-host-plain`])
    expect(command).toEqual(expect.arrayContaining(['--pid', '--fork', '--kill-child', '--cgroup']))
  })

  it('what a supervisor mounts is its own', () => {
    const command = supervisorCommand(systemd, options(VERSION_1))
    expect(command.slice(0, 4)).toEqual(['unshare', '--mount', '--propagation', 'slave'])
    expect(command).toContain('eth0 eth1')
    expect(command).toContain('/srv/base/root')
  })

  function options(mounts: string) {
    const groups = new LabGroups(parseHierarchies(mounts), instance)
    return { instance, groups, lowerFolder: '/srv/base/root', filesFolder: '/srv/templates/lab' }
  }
})
