"""Writes what happens as one JSON object a line to a file descriptor, for the program that started Ansible."""

import json
import os
import time

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = r'''
name: weave_events
type: notification
short_description: JSON events for weave-provision
description: Writes an event for each play, task and result to the file descriptor that WEAVE_EVENTS_FD names.
requirements: [enable in configuration]
'''

MESSAGE_KEYS = ('msg', 'remedy', 'reason', 'stdout', 'stderr', 'module_stderr', 'module_stdout', 'exception', 'note')
TEXT_MAX = 4000
DIFF_MAX = 200000


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = 'notification'
    CALLBACK_NAME = 'weave_events'
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self):
        super().__init__()
        number = os.environ.get('WEAVE_EVENTS_FD', '')
        self.disabled = not number.isdigit()
        self._stream = None if self.disabled else os.fdopen(int(number), 'w', encoding='utf-8', closefd=False)

    def v2_playbook_on_play_start(self, play):
        self._write('play', name=play.get_name())

    def v2_playbook_on_task_start(self, task, is_conditional):
        self._task_started(task, is_handler=False)

    def v2_playbook_on_handler_task_start(self, task):
        self._task_started(task, is_handler=True)

    def v2_runner_on_start(self, host, task):
        self._write('start', host=host.get_name(), task=task._uuid)

    def v2_runner_on_ok(self, result):
        self._result('ok', result)

    def v2_runner_on_skipped(self, result):
        self._result('skipped', result)

    def v2_runner_on_failed(self, result, ignore_errors=False):
        self._result('ignored' if ignore_errors else 'failed', result)

    def v2_runner_on_unreachable(self, result):
        self._result('unreachable', result)

    def v2_playbook_on_no_hosts_matched(self):
        self._write('empty')

    def v2_playbook_on_stats(self, stats):
        self._write('stats', hosts={host: stats.summarize(host) for host in sorted(stats.processed)})

    def _task_started(self, task, is_handler):
        self._write('task', task=task._uuid, name=task.get_name(), tags=list(task.tags), isHandler=is_handler)

    def _result(self, outcome, result):
        content = result._result
        failed_items = [item for item in content.get('results', []) if isinstance(item, dict) and item.get('failed')]
        told = failed_items[0] if failed_items else content
        details = {key: str(told[key])[:TEXT_MAX] for key in MESSAGE_KEYS if told.get(key)}
        self._write(outcome, host=result._host.get_name(), task=result._task._uuid,
                    delegate=result._task.delegate_to, changed=bool(content.get('changed')),
                    details=details, diffs=self._diffs_of(content), answer=content.get('survey') or content.get('answer'))

    @staticmethod
    def _diffs_of(content):
        """Of a loop, each item has its own."""
        found = []
        for one in [content] + [item for item in content.get('results', []) if isinstance(item, dict)]:
            diff = one.get('diff') or []
            found += [entry for entry in (diff if isinstance(diff, list) else [diff]) if isinstance(entry, dict)]
        texts = [{key: str(entry.get(key) or '')[:DIFF_MAX] for key in ('before_header', 'after_header', 'before', 'after')}
                 for entry in found]
        return [text for text in texts if text['before'] != text['after']]

    def _write(self, kind, **fields):
        if self.disabled:
            return
        self._stream.write(json.dumps(dict(fields, kind=kind, at=time.time())) + '\n')
        self._stream.flush()
