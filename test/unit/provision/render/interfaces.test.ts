import { chooseInterfaces } from '../../../../src/provision/render/interfaces.ts'

const WEAVE = '/etc/network/interfaces.d/weave'

describe('the stanza of the bridge', () => {
  it.each([
    'source /etc/network/interfaces.d/*',
    'source interfaces.d/*',
    'source-directory /etc/network/interfaces.d',
    'source-directory /etc/network/interfaces.d/',
    'source-directory interfaces.d',
    '  source   /etc/network/interfaces.d/weave',
    'source \\\n  /etc/network/interfaces.d/*',
  ])('is in interfaces.d/weave, and the main file untouched, with %j', line => {
    const text = `auto lo\niface lo inet loopback\n${line}\n`
    expect(chooseInterfaces(text)).toEqual({ stanzaPath: WEAVE, interfaces: undefined })
  })

  it('is in weave.cfg where only *.cfg is sourced (trap 1.4.11)', () => {
    const choice = chooseInterfaces('source /etc/network/interfaces.d/*.cfg\n')
    expect(choice).toEqual({ stanzaPath: `${WEAVE}.cfg`, interfaces: undefined })
  })

  it('keeps the place that it has, whoever has written it, if ifupdown looks there', () => {
    const both = 'source /etc/network/interfaces.d/*\n'
    expect(chooseInterfaces(both, [`${WEAVE}.cfg`]).stanzaPath).toBe(`${WEAVE}.cfg`)
    expect(chooseInterfaces('source-directory interfaces.d\n', [`${WEAVE}.cfg`]).stanzaPath).toBe(WEAVE)
  })

  it('never has a name with a dot for source-directory, which would skip it (trap 1.4.11)', () => {
    const choice = chooseInterfaces(
      'source-directory /etc/network/interfaces.d\nsource /etc/network/interfaces.d/*.cfg\n',
    )
    expect(choice.stanzaPath).toBe(WEAVE)
  })

  it.each(['', 'auto lo\niface lo inet loopback\n', '# source /etc/network/interfaces.d/*\n', 'source /etc/other/*\n'])(
    'gets one line in the main file, for itself alone, with %j',
    text => {
      const { stanzaPath, interfaces } = chooseInterfaces(text)
      expect(stanzaPath).toBe(WEAVE)
      expect(interfaces?.startsWith(text)).toBe(true)
      expect(interfaces?.slice(text.length).trim()).toBe(`source ${WEAVE}`)
    },
  )

  it('is found through the line that an earlier run has added', () => {
    const { interfaces } = chooseInterfaces('auto lo\n')
    expect(chooseInterfaces(interfaces)).toEqual({ stanzaPath: WEAVE, interfaces: undefined })
  })

  it('is in interfaces.d/weave for a host of which nothing is known', () => {
    expect(chooseInterfaces(undefined)).toEqual({ stanzaPath: WEAVE, interfaces: undefined })
  })
})
