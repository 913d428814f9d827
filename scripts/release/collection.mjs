// Builds dist/weave-overlay-VERSION.tar.gz, an Ansible collection: roles, playbooks and all that they need on the control machine
// besides ansible-core and Node. `ansible-galaxy collection install FILE`, then the role is `weave.overlay.weave`.
import { execFile } from 'node:child_process'
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..')
const NAMESPACE = 'weave'
const NAME = 'overlay'
const PREFIX = `${NAMESPACE}.${NAME}`
const PLUGINS = `ansible_collections.${PREFIX}.plugins`
const ROLES = ['weave', 'weave_docker']
const PLAYBOOKS = ['up', 'down', 'verify', 'upgrade']

/** Where a collection keeps what a role of its own folder keeps beside its tasks. */
const FOLDERS = { library: 'plugins/modules', module_utils: 'plugins/module_utils', action_plugins: 'plugins/action' }

const output = process.argv[2] ?? join(ROOT, 'dist')
const { version, description, license } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'))
const folder = await mkdtemp(join(tmpdir(), 'weave-collection-'))
try {
  await writeFile(join(folder, 'galaxy.yml'), galaxy())
  await place('meta/runtime.yml', "---\nrequires_ansible: '>=2.14.0'\n")
  for (const role of ROLES) await placeRole(role)
  for (const playbook of PLAYBOOKS) await placePlaybook(playbook)
  for (const path of ['bin', 'dist/weave-provision.mjs', 'dist/ship', 'templates/etc', 'templates/usr', 'LICENSE']) {
    await cp(join(ROOT, path), join(folder, path), { recursive: true })
  }
  await chmod(join(folder, 'bin/weave-provision.mjs'), 0o755)
  await cp(join(ROOT, 'docs/roles.md'), join(folder, 'README.md'))
  await place('package.json', `${JSON.stringify({ name: 'weave-provision', version, type: 'module', license })}\n`)
  await mkdir(output, { recursive: true })
  await run('ansible-galaxy', ['collection', 'build', '--force', '--output-path', output, folder])
  console.log(join(output, `${NAMESPACE}-${NAME}-${version}.tar.gz`))
} finally {
  await rm(folder, { recursive: true })
}

function galaxy() {
  const lines = [
    `namespace: ${NAMESPACE}`,
    `name: ${NAME}`,
    `version: ${version}`,
    'readme: README.md',
    'authors: [The weave-provision authors]',
    `description: ${description}`,
    `license: [${license}]`,
    'tags: [networking, overlay, docker]',
    'dependencies: {}',
  ]
  return `---\n${lines.join('\n')}\n`
}

async function placeRole(role) {
  const source = join(ROOT, 'roles', role)
  for (const part of await readdir(source)) {
    const target = FOLDERS[part]
    if (target === undefined) await cp(join(source, part), join(folder, 'roles', role, part), { recursive: true })
    else await placePlugins(join(source, part), target)
  }
}

async function placePlugins(source, target) {
  for (const file of (await readdir(source)).filter(name => name.endsWith('.py'))) {
    await place(`${target}/${basename(file)}`, ofCollection(await readFile(join(source, file), 'utf8')))
  }
}

/** In a collection nothing is found by its short name from within a plugin. */
function ofCollection(text) {
  return text
    .replace(/\bansible\.module_utils\.(weave_\w+)/g, `${PLUGINS}.module_utils.$1`)
    .replace(/_execute_module\('(weave_\w+)'/g, `_execute_module('${PREFIX}.$1'`)
}

async function placePlaybook(playbook) {
  const text = await readFile(join(ROOT, 'playbooks', `${playbook}.yml`), 'utf8')
  await place(`playbooks/${playbook}.yml`, text.replace(/\.\.\/roles\/(\w+)/g, `${PREFIX}.$1`))
}

async function place(path, text) {
  await mkdir(dirname(join(folder, path)), { recursive: true })
  await writeFile(join(folder, path), text)
}
