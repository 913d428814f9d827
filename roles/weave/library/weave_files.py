#!/usr/bin/python
"""Installs rendered files in one go, and keeps what was there before. The action plugin of the same name fills in the files."""

DOCUMENTATION = r'''
module: weave_files
short_description: Installs the rendered files of some parts on a host, and says what their service needs
options:
  parts: {type: list, elements: str, required: true, description: the parts whose files are given}
  service: {type: str, required: true, description: the service that the files configure}
  reloads: {type: dict, default: {}, description: paths that the service takes up while it runs; if keys are given, only those of the JSON file}
  inert: {type: list, elements: str, default: [], description: paths that do not concern the service}
  takes_effect: {type: bool, default: true, description: whether the service is to take the changes up}
  docker_settings: {type: dict, description: what Docker is told by these files, in the form of daemon.json}
  files: {type: list, elements: dict, default: [], description: path, mode, part and content in base64}
  secret_files: {type: list, elements: dict, default: [], description: the same, never shown}
'''

import base64
import json
import os

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.weave_host import (
    SHARED_FILES, Record, Service, docker_is_installed, greatest, mode_of, read_bytes, run_refusable, write_atomic)


def install(module):
    record, parameters = Record(), module.params
    wanted = [(item, False) for item in parameters['files']] + [(item, True) for item in parameters['secret_files']]
    changed, diffs, need = [], [], 'nothing'
    for item, is_secret in wanted:
        content = base64.b64decode(item['content'])
        before = read_bytes(item['path'])
        if before == content and mode_of(item['path']) == item['mode']:
            continue
        changed.append(item)
        need = greatest(need, need_of(parameters, item['path'], before, content))
        if not is_secret:
            diffs.append(diff_of(item, before, content))
    left = leftovers(record, parameters['parts'], {item['path'] for item, _ in wanted})
    if not module.check_mode:
        write(module, record, changed, need)
        restore(record, left)
    need = greatest(need, record.pending.get(parameters['service'], 'nothing'))
    return {'changed': bool(changed or left), 'need': need, 'changed_paths': [item['path'] for item in changed] + left,
            'diff': diffs + [removal_of(record, path) for path in left]}


def need_of(parameters, path, before, after):
    if path in parameters['inert'] or not parameters['takes_effect']:
        return 'nothing'
    if path not in parameters['reloads']:
        return 'restart'
    keys = parameters['reloads'][path]
    return 'reload' if not keys or differs_only_in(keys, before, after) else 'restart'


def differs_only_in(keys, before, after):
    if before is None:
        return False
    try:
        old, fresh = json.loads(before.decode()), json.loads(after.decode())
    except ValueError:
        return False
    return all(old.get(key) == fresh.get(key) for key in set(old) | set(fresh) if key not in keys)


def diff_of(item, before, after):
    shown = {'before_header': item['path'], 'after_header': item['path'],
             'before': text_of(before), 'after': text_of(after)}
    if before == after:
        shown['before'], shown['after'] = 'mode %s\n' % mode_of(item['path']), 'mode %s\n' % item['mode']
    return shown


def removal_of(record, path):
    return {'before_header': path, 'after_header': path,
            'before': text_of(read_bytes(path)), 'after': text_of(record.original_of(path))}


def text_of(content):
    return '' if content is None else content.decode('utf-8', 'replace')


def leftovers(record, parts, wanted):
    """What an earlier run installed and the plan no longer has. Of shared files nothing follows from their absence."""
    kept = wanted.union(SHARED_FILES)
    return sorted(path for path, entry in record.files.items() if entry['part'] in parts and path not in kept)


def write(module, record, items, need):
    """The record is on disk before the first file changes: whatever happens then can be undone, or brought to its end."""
    for item in items:
        record.remember_file(item['path'], item['part'])
    if record.content['docker'] is None and 'docker' in module.params['parts'] and docker_is_installed():
        docker = Service(module, 'docker')
        record.content['docker'] = {'active': docker.is_active(), 'enabled': docker.is_enabled()}
    if need != 'nothing' and Service(module, module.params['service']).is_active():
        record.expect_service(module.params['service'], need)
    if module.params['docker_settings'] is not None:
        former = record.content.get('dockerSettings', {})
        record.content['dockerSettings'] = dict(former, **module.params['docker_settings'])
    record.save()
    for item in items:
        record.make_folders_for(item['path'])
        write_atomic(item['path'], base64.b64decode(item['content']), item['mode'])
    # Known until the files say otherwise: of a run that is cut off before, the next one takes both for ours.
    if module.params['docker_settings'] is not None:
        record.content['dockerSettings'] = module.params['docker_settings']
    record.save()


def restore(record, paths):
    for path in paths:
        record.restore_file(path)
        record.forget_file(path)
    record.save()


def main():
    def elements(hides):
        content = {'type': 'str', 'required': True, 'no_log': hides}
        plain = {name: {'type': 'str', 'required': True} for name in ('path', 'mode', 'part')}
        return {'type': 'list', 'elements': 'dict', 'default': [], 'options': dict(plain, content=content)}

    module = AnsibleModule(
        argument_spec={
            'parts': {'type': 'list', 'elements': 'str', 'required': True},
            'service': {'type': 'str', 'required': True},
            'reloads': {'type': 'dict', 'default': {}},
            'inert': {'type': 'list', 'elements': 'str', 'default': []},
            'takes_effect': {'type': 'bool', 'default': True},
            'docker_settings': {'type': 'dict'},
            'files': elements(False),
            'secret_files': elements(True),
        },
        supports_check_mode=True,
    )
    run_refusable(module, install)


if __name__ == '__main__':
    main()
