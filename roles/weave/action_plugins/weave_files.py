"""Reads a host's rendered files on the control machine and hands them to the module in one call."""

import base64
import json
import os

from ansible.plugins.action import ActionBase


class ActionModule(ActionBase):
    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        folder, parts = self._task.args['folder'], self._task.args['parts']
        host = self._host(folder)
        if host is None:
            return dict(result, failed=True, msg='the host has no rendered files: it is not in the group of the overlay',
                        remedy='add it to the group that weave_group names, or leave it out of the play')
        files = [entry for entry in host['files'] if entry['part'] in parts]
        arguments = {key: value for key, value in self._task.args.items() if key != 'folder'}
        arguments['files'] = [self._with_content(folder, entry) for entry in files if not entry.get('isSecret')]
        arguments['secret_files'] = [self._with_content(folder, entry) for entry in files if entry.get('isSecret')]
        if 'docker' in parts:
            arguments['docker_settings'] = host['dockerSettings']
        result.update(self._execute_module('weave_files', module_args=arguments, task_vars=task_vars))
        # At -vvv and in logs the contents would be there twice: once here and once in the diff.
        result.pop('invocation', None)
        return result

    @staticmethod
    def _host(folder):
        try:
            with open(os.path.join(folder, 'host.json'), encoding='utf-8') as stream:
                return json.load(stream)
        except FileNotFoundError:
            return None

    @staticmethod
    def _with_content(folder, entry):
        with open(folder + '/files' + entry['path'], 'rb') as stream:
            content = base64.b64encode(stream.read()).decode('ascii')
        return {'path': entry['path'], 'mode': entry['mode'], 'part': entry['part'], 'content': content}
