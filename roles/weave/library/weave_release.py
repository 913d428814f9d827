#!/usr/bin/python
"""Unpacks the agent and its runtime beside what is in use, switches to them in one step, and reads the host's identity."""

DOCUMENTATION = r'''
module: weave_release
short_description: Switches a host to a release of the agent
options:
  incoming: {type: str, required: true, description: folder that holds the archives}
  agent: {type: dict, required: true, description: digest and file of the agent's archive}
  runtime: {type: dict, description: version and file of the runtime's archive; absent when the host's own Node serves}
  keep: {type: int, default: 2, description: how many releases stay on the host}
  facts: {type: dict, required: true, description: what the probe found; returned with the public key}
'''

import os
import tempfile

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.weave_host import (
    NO_SPACE, OPT, TEXT_LINKS, Record, Refusal, Service, greatest, remove, run_refusable, sync, sync_all)

COMMAND = '/usr/local/bin/weave'


def switch(module):
    agent, runtime = module.params['agent'], module.params['runtime']
    links = {OPT + '/current': 'releases/' + agent['digest'], COMMAND: OPT + '/current/bin/weave'}
    folders = {OPT + '/releases/' + agent['digest']: agent['file']}
    if runtime is not None:
        links[OPT + '/runtime'] = 'runtimes/' + runtime['version']
        folders[OPT + '/runtimes/' + runtime['version']] = runtime['file']
    missing = sorted(folder for folder in folders if not os.path.isdir(folder))
    moved = sorted(link for link, target in links.items() if read_link(link) != target)
    texts = sorted(link for link, target in TEXT_LINKS.items() if read_link(link) != target and not is_foreign(link))
    record, router = Record(), Service(module, 'weave')
    need = greatest('restart' if moved else 'nothing', record.pending.get('weave', 'nothing'))
    result = {'changed': bool(missing or moved or texts), 'need': need, 'facts': module.params['facts']}
    if module.check_mode:
        return result
    for folder in missing:
        unpack(module, folders[folder], folder)
    if moved and router.is_active():
        record.expect_service('weave', 'restart')
        record.save()
    for link in moved:
        point(link, links[link])
    for link in texts:
        point(link, TEXT_LINKS[link])
    remove(module.params['incoming'])
    prune(OPT + '/releases', agent['digest'], module.params['keep'])
    if runtime is not None:
        prune(OPT + '/runtimes', runtime['version'], 1)
    return dict(result, facts=dict(module.params['facts'], publicKey=identity(module)))


def read_link(path):
    return os.readlink(path) if os.path.islink(path) else None


def unpack(module, archive, folder):
    """Into a folder beside the wanted one, then renamed: a crash, a loss of power or a full disk leaves nothing half."""
    os.makedirs(os.path.dirname(folder), exist_ok=True)
    temporary = tempfile.mkdtemp(dir=os.path.dirname(folder), prefix='.incoming-')
    try:
        path = os.path.join(module.params['incoming'], archive)
        code, out, err = module.run_command(['tar', '-xzf', path, '--no-same-owner', '-C', temporary])
        if code != 0:
            refuse_unpacking(path, (err or out).strip())
        os.chmod(temporary, 0o755)
        sync_all(temporary)
        os.rename(temporary, folder)
    except BaseException:
        remove(temporary)
        raise
    sync(os.path.dirname(folder))


def refuse_unpacking(path, message):
    if NO_SPACE in message:
        raise Refusal('%s while unpacking %s' % (NO_SPACE, path), 'free some space in /opt on the host and run again')
    raise Refusal('cannot unpack %s: %s' % (path, message.splitlines()[0] if message else 'no reason given'),
                  "build the archives again with 'npm run build' and run again")


def is_foreign(path):
    return os.path.lexists(path) and not os.path.islink(path)


def point(link, target):
    if is_foreign(link):
        raise Refusal('%s is there and is no link of ours' % link, 'move it away and run again')
    os.makedirs(os.path.dirname(link), exist_ok=True)
    temporary = link + '.incoming'
    remove(temporary)
    os.symlink(target, temporary)
    os.replace(temporary, link)


def prune(folder, current, keep):
    """The newest stay; what a crash left of an unpacking goes."""
    names = os.listdir(folder)
    others = [name for name in names if name != current and not name.startswith('.')]
    others.sort(key=lambda name: os.stat(os.path.join(folder, name)).st_mtime, reverse=True)
    for name in others[max(0, keep - 1):] + [name for name in names if name.startswith('.incoming-')]:
        remove(os.path.join(folder, name))


def identity(module):
    code, out, err = module.run_command([COMMAND, 'identity'])
    if code != 0:
        raise Refusal("'weave identity' failed: %s" % (err or out).strip(), "run 'weave identity' on the host to see why")
    return out.strip()


def main():
    module = AnsibleModule(
        argument_spec={
            'incoming': {'type': 'str', 'required': True},
            'agent': {'type': 'dict', 'required': True},
            'runtime': {'type': 'dict'},
            'keep': {'type': 'int', 'default': 2},
            'facts': {'type': 'dict', 'required': True},
        },
        supports_check_mode=True,
    )
    run_refusable(module, switch)


if __name__ == '__main__':
    main()
