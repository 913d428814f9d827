import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { agentPaths } from '../../../../src/agent/host/agent-paths.ts'
import { loadConfigIfThere, loadManifest } from '../../../../src/agent/host/host-state.ts'
import { ensureIdentity, rawPublicKey } from '../../../../src/agent/host/identity.ts'
import { peerNameFromDigest } from '../../../../src/base/peer-name.ts'
import type { AgentConfig } from '../../../../src/contract/agent-config.ts'
import { MANIFEST_CONTEXT } from '../../../../src/contract/cluster-manifest.ts'
import { useTemporaryFolder } from '../temporary-folder.ts'

describe('the manifest that an agent starts with', () => {
  const folder = useTemporaryFolder()
  const cluster = generateKeyPairSync('ed25519')
  const stranger = generateKeyPairSync('ed25519')

  it('is the shipped one when nothing newer was learnt', () => {
    put('manifest', manifest(3))
    put('learntManifest', manifest(2))
    expect(load()).toBe(3)
  })

  it('is the learnt one when that is newer', () => {
    put('manifest', manifest(3))
    put('learntManifest', manifest(4))
    expect(load()).toBe(4)
  })

  it('is never one that the cluster has not signed, however high its version', () => {
    put('manifest', manifest(3))
    put('learntManifest', manifest(9, stranger.privateKey))
    expect(load()).toBe(3)
  })

  it('is the learnt one when the shipped file is broken', () => {
    put('manifest', 'nonsense')
    put('learntManifest', manifest(2))
    expect(load()).toBe(2)
  })

  it('is refused with the file and the reason when there is no good one', () => {
    expect(load).toThrow(`${paths().manifest} is missing`)
    put('manifest', manifest(3, stranger.privateKey))
    expect(load).toThrow(`${paths().manifest}: the manifest is not signed by the cluster key`)
  })

  it('must name this host’s key, under its number', () => {
    put('manifest', manifest(3))
    rmSync(paths().identityKey)
    expect(load).toThrow("this host's key is not in the cluster's manifest, version 3")
    put('manifest', manifest(4))
    expect(() => load(7)).toThrow('the manifest gives this host number 1, agent-config.json gives it 7')
  })

  function paths() {
    return agentPaths(folder())
  }

  function put(name: 'manifest' | 'learntManifest', content: string): void {
    mkdirSync(dirname(paths()[name]), { recursive: true })
    writeFileSync(paths()[name], content)
  }

  function load(shortId = 1): number {
    const clusterKey = Buffer.from(rawPublicKey(cluster.publicKey)).toString('base64')
    const config = { clusterKey, shortId } as AgentConfig
    const signed = loadManifest(paths(), config, ensureIdentity(paths().identityKey))
    return JSON.parse(signed.manifest).version
  }

  function manifest(version: number, key: KeyObject = cluster.privateKey): string {
    const { publicKey } = ensureIdentity(paths().identityKey)
    const host = {
      host: 'alpha',
      shortId: 1,
      peerName: peerNameFromDigest(createHash('sha256').update(publicKey).digest()),
      publicKey: Buffer.from(publicKey).toString('base64'),
      bridgeAddress: '10.2.0.1/16',
      containerRange: '10.2.1.0/24',
      addresses: ['192.0.2.1'],
      port: 6783,
    }
    const shared = { format: 1, clusterId: 'x', clusterName: 'x', version, subnet: '10.2.0.0/16' }
    const text = JSON.stringify({ ...shared, hosts: [host] })
    const signature = sign(null, Buffer.from(MANIFEST_CONTEXT + text), key).toString('base64')
    return JSON.stringify({ manifest: text, signature })
  }
})

describe('the configuration', () => {
  const folder = useTemporaryFolder()

  it('may be absent when only the bridge is wanted', () => {
    expect(loadConfigIfThere(agentPaths(folder()).agentConfig)).toBeUndefined()
  })

  it('is refused with its path when it is broken', () => {
    const { agentConfig } = agentPaths(folder())
    mkdirSync(dirname(agentConfig), { recursive: true })
    writeFileSync(agentConfig, '{"format": 2}')
    expect(() => loadConfigIfThere(agentConfig)).toThrow(`${agentConfig}: `)
  })
})
