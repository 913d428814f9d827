import { LabGroups, parseHierarchies } from '../../../src/lab/cgroups.ts'
import { groupsOfProcess } from '../../../src/lab/enter.ts'
import { LabInstance } from '../../../src/lab/instance.ts'

const HYBRID = `
24 30 0:22 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
25 24 0:23 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct
26 24 0:24 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
27 24 0:25 / /sys/fs/cgroup/systemd rw,relatime shared:9 - cgroup cgroup rw,xattr,name=systemd
28 24 0:26 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw,nsdelegate`

const UNIFIED = '30 24 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate,memory_recursiveprot'

describe('cgroups of a lab', () => {
  const lab = new LabInstance('/srv/lab')

  it('a hybrid machine has the controllers in version 1, and an empty version 2 beside', () => {
    expect(parseHierarchies(HYBRID)).toEqual([
      { path: '/sys/fs/cgroup/cpu,cpuacct', isUnified: false, controllers: ['cpu', 'cpuacct'] },
      { path: '/sys/fs/cgroup/memory', isUnified: false, controllers: ['memory'] },
      { path: '/sys/fs/cgroup/systemd', isUnified: false, controllers: ['name=systemd'] },
      { path: '/sys/fs/cgroup/unified', isUnified: true, controllers: [] },
    ])
  })

  it('a host has a group in every hierarchy', () => {
    const groups = new LabGroups(parseHierarchies(HYBRID), lab)
    expect(groups.ofHost('alpha')).toContain(`/sys/fs/cgroup/memory/wl-${lab.id}/hosts/alpha`)
    expect(groups.ofHost('alpha')).toHaveLength(4)
    expect(groups.isUnifiedOnly).toBe(false)
  })

  it('a supervisor is beside the host, or killing the host would end what restarts it', () => {
    const groups = new LabGroups(parseHierarchies(UNIFIED), lab)
    expect(groups.supervisorOf('alpha')).toBe(`/sys/fs/cgroup/wl-${lab.id}/supervisors/alpha`)
    expect(groups.isUnifiedOnly).toBe(true)
  })

  it('processes are tracked in the hierarchy of systemd where there is one', () => {
    const groups = new LabGroups(parseHierarchies(HYBRID), lab)
    expect(groups.supervisorOf('alpha')).toMatch(/^\/sys\/fs\/cgroup\/systemd\//)
  })

  it('the groups of a process are found in each hierarchy', () => {
    const text = '9:name=systemd:/h/init.scope\n4:memory:/h\n1:cpu,cpuacct:/h\n0::/h\n7:perf_event:/\n'
    expect(groupsOfProcess(text, parseHierarchies(HYBRID))).toEqual([
      '/sys/fs/cgroup/systemd/h/init.scope',
      '/sys/fs/cgroup/memory/h',
      '/sys/fs/cgroup/cpu,cpuacct/h',
      '/sys/fs/cgroup/unified/h',
    ])
  })
})
