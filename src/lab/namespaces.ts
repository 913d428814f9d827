import { readdir, statfs } from 'node:fs/promises'
import { CONTROL_NAME, type LabDescription, type LabInterface } from './description.ts'
import { type LabInstance, portName } from './instance.ts'
import { unlessMissing } from './missing.ts'
import { controlBatch, controlPortsBatch, hostPortsBatch, switchBatch } from './network.ts'
import { killAll } from './processes.ts'
import { attempt, run } from './run.ts'

/** The last interface that is made of the switch: it only says that all others are there. */
const COMPLETE = 'complete'

/** NSFS_MAGIC of linux/magic.h. */
const NAMESPACE_FILE_SYSTEM = 0x6e736673

/** Makes what is missing of a lab's namespaces and wires, and leaves the rest as it is. A host that loses its namespace is cleared first. */
export async function ensureNamespaces(
  instance: LabInstance,
  description: LabDescription,
  clearHost: (host: string) => Promise<void>,
): Promise<void> {
  let wires = await interfacesIn(instance.switchNamespace)
  if (!wires.has(COMPLETE)) {
    for (const host of description.hosts) await clearHost(host.name)
    await makeSwitch(instance, description)
    wires = new Set()
  }
  const existing = await wholeNamespacesOf(instance)
  const isPlugged = (namespace: string, name: string, interfaces: readonly Pick<LabInterface, 'network'>[]) =>
    existing.includes(namespace) && interfaces.every(({ network }) => wires.has(portName(name, network)))
  const controlInterfaces = description.networks.map(({ name }) => ({ network: name }))
  if (!isPlugged(instance.controlNamespace, CONTROL_NAME, controlInterfaces)) await makeControl(instance, description)
  for (const host of description.hosts) {
    const namespace = instance.hostNamespace(host.name)
    if (isPlugged(namespace, host.name, host.interfaces)) continue
    await clearHost(host.name)
    await renewNamespace(namespace)
    await batchIn(instance.switchNamespace, hostPortsBatch(instance, host))
  }
}

/** Processes in them first: a namespace lives as long as anything is in it. */
export async function removeNamespaces(instance: LabInstance): Promise<void> {
  for (const namespace of await namespacesOf(instance)) await removeNamespace(namespace)
}

export async function removeNamespace(namespace: string): Promise<void> {
  await killAll(() => processesIn(namespace))
  await attempt(['ip', 'netns', 'delete', namespace])
}

export async function namespacesOf(instance: LabInstance): Promise<readonly string[]> {
  const names = (await unlessMissing(readdir('/run/netns'))) ?? []
  return names.filter(name => name.startsWith(instance.namespacePrefix))
}

/** A crash of the machine leaves the files where namespaces were mounted. */
async function wholeNamespacesOf(instance: LabInstance): Promise<readonly string[]> {
  const names = await namespacesOf(instance)
  const kinds = await Promise.all(names.map(name => statfs(`/run/netns/${name}`)))
  return names.filter((_, index) => kinds[index]?.type === NAMESPACE_FILE_SYSTEM)
}

/** None when the namespace is not there, or is only the file that a power failure left. */
export async function interfacesIn(namespace: string): Promise<ReadonlySet<string>> {
  const { status, stdout } = await attempt(['ip', '-n', namespace, '-json', 'link'])
  if (status !== 0 || stdout.trim() === '') return new Set()
  return new Set((JSON.parse(stdout) as { ifname: string }[]).map(link => link.ifname))
}

async function makeSwitch(instance: LabInstance, description: LabDescription): Promise<void> {
  await removeNamespaces(instance)
  await renewNamespace(instance.switchNamespace)
  await batchIn(instance.switchNamespace, switchBatch(description))
  await batchIn(instance.switchNamespace, `link add ${COMPLETE} type bridge\n`)
}

async function makeControl(instance: LabInstance, description: LabDescription): Promise<void> {
  await renewNamespace(instance.controlNamespace)
  await batchIn(instance.switchNamespace, controlPortsBatch(instance, description))
  await batchIn(instance.controlNamespace, controlBatch(description))
}

/** A new kernel namespace takes some settings over from the machine; forwarding must be none of them. */
async function renewNamespace(namespace: string): Promise<void> {
  await removeNamespace(namespace)
  await run(['ip', 'netns', 'add', namespace])
  await run(['nsenter', `--net=/run/netns/${namespace}`, 'sysctl', '-qw', 'net.ipv4.ip_forward=0'])
}

async function batchIn(namespace: string, batch: string): Promise<void> {
  await run(['ip', '-n', namespace, '-batch', '-'], { input: batch })
}

async function processesIn(namespace: string): Promise<readonly number[]> {
  const { stdout } = await attempt(['ip', 'netns', 'pids', namespace])
  return stdout.split('\n').filter(Boolean).map(Number)
}
