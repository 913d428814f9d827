import swc from '@swc/jest'

/**
 * What code of routers and simulations uses most of what the language has. Tests run in a context of their own, where each use of a global goes
 * through the context's own object: simulations took half as long again. Not here: what tests replace, as clocks and timers.
 */
const GLOBALS = [
  ...['Array', 'ArrayBuffer', 'BigInt', 'Boolean', 'DataView', 'Error', 'JSON', 'Map', 'Math', 'Number', 'Object', 'Promise'],
  ...['RangeError', 'RegExp', 'Set', 'String', 'Symbol', 'TypeError', 'WeakMap', 'WeakSet'],
  ...['Float64Array', 'Int32Array', 'Uint8Array', 'Uint16Array', 'Uint32Array'],
]

/** On the first line, so that the numbers of lines stay. */
const PREFIX = `const { ${GLOBALS.join(', ')} } = globalThis; `

/** Has each module know them as constants of its own. */
export default {
  createTransformer(options) {
    const transformer = swc.createTransformer(options)
    const prefixed = ({ code, map }) => ({ code: `${PREFIX}${code}`, map })
    return {
      canInstrument: transformer.canInstrument,
      getCacheKey: (source, path, wish) => `${transformer.getCacheKey(source, path, wish)}${PREFIX}`,
      process: (...given) => prefixed(transformer.process(...given)),
      processAsync: async (...given) => prefixed(await transformer.processAsync(...given)),
    }
  },
}
