"""What the modules of this role share: how a host is read, and the record of what was there before."""

import json
import os
import re
import shutil
import signal
import tempfile

# The modules of the role take both from here.
from ansible.module_utils.weave_refusal import NO_SPACE, Refusal, run_refusable

STATE = '/var/lib/weave'
ORIGINALS = STATE + '/originals'
RECORD = ORIGINALS + '/record.json'
OPT = '/opt/weave'
# Manual page and completions of the command, where the host's programs look for them.
TEXT_LINKS = {'/usr/local/' + path: OPT + '/current/' + path for path in (
    'share/man/man8/weave.8', 'share/bash-completion/completions/weave', 'share/zsh/site-functions/_weave',
    'share/fish/vendor_completions.d/weave.fish')}

# Files that others write too. The plan merges into what is there, and names them only when they have to change.
SHARED_FILES = ('/etc/default/docker', '/etc/docker/daemon.json', '/etc/network/interfaces')

# Of what a service logs, the lines that tell why it ended.
TELLING = re.compile(r'^(error|failed)\b|level=(error|fatal)|"level":"error"|^Error:', re.IGNORECASE)


def read_bytes(path):
    try:
        with open(path, 'rb') as stream:
            return stream.read()
    except FileNotFoundError:
        return None


def read_text(path):
    content = read_bytes(path)
    return None if content is None else content.decode('utf-8', 'replace')


def mode_of(path):
    return format(os.stat(path).st_mode & 0o7777, '04o')


def write_atomic(path, content, mode):
    """All of the content or none of it, whatever happens in between."""
    handle, temporary = tempfile.mkstemp(dir=os.path.dirname(path), prefix='.weave-')
    try:
        with os.fdopen(handle, 'wb') as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(temporary, int(mode, 8))
        os.chown(temporary, 0, 0)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
    sync(os.path.dirname(path))


def sync_all(folder):
    """On the disk with all that is in it: of what was only written, a machine that loses its power may keep no more than the names."""
    for place, folders, names in os.walk(folder):
        for name in names:
            if not os.path.islink(os.path.join(place, name)):
                sync(os.path.join(place, name))
        sync(place)


def sync(path):
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def remove(path):
    if os.path.islink(path) or os.path.isfile(path):
        os.unlink(path)
    elif os.path.isdir(path):
        shutil.rmtree(path)


def init_system():
    if os.path.isdir('/run/systemd/system'):
        return 'systemd'
    return 'upstart' if os.path.exists('/sbin/initctl') and os.path.isdir('/etc/init') else 'sysvinit'


def docker_is_installed():
    return any(os.path.exists(folder + '/dockerd') for folder in ('/usr/bin', '/usr/sbin', '/usr/local/bin', '/opt/bin'))


class Service(object):
    """One service, whatever the host's init system."""

    def __init__(self, module, name):
        self.module = module
        self.name = name
        self.init = init_system()

    def is_active(self):
        if self.init == 'systemd':
            return self._succeeds(['systemctl', 'is-active', '--quiet', self.name])
        if self.init == 'upstart' and os.path.exists('/etc/init/%s.conf' % self.name):
            return 'start/running' in self.module.run_command(['initctl', 'status', self.name])[1]
        script = '/etc/init.d/' + self.name
        return os.path.exists(script) and self._succeeds([script, 'status'])

    def is_enabled(self):
        if self.init == 'systemd':
            return self._succeeds(['systemctl', 'is-enabled', '--quiet', self.name])
        if self.init == 'upstart' and os.path.exists('/etc/init/%s.conf' % self.name):
            return 'manual' not in (read_text('/etc/init/%s.override' % self.name) or '').split()
        links = os.listdir('/etc/rc2.d') if os.path.isdir('/etc/rc2.d') else []
        return any(link.startswith('S') and link[3:] == self.name for link in links)

    def exists(self):
        places = {'systemd': ['/etc/systemd/system/%s.service', '/lib/systemd/system/%s.service', '/usr/lib/systemd/system/%s.service'],
                  'upstart': ['/etc/init/%s.conf', '/etc/init.d/%s'], 'sysvinit': ['/etc/init.d/%s']}
        return any(os.path.exists(place % self.name) for place in places[self.init])

    def start(self):
        self._begin_afresh()
        self._must('start')

    def reload(self):
        """The router takes SIGHUP, which its init systems have no common word for. One that was killed leaves a number that others may have by now."""
        pid = (read_text('/run/%s/%s.pid' % (self.name, self.name)) or '').strip()
        if pid.isdigit() and (read_text('/proc/%s/comm' % pid) or '').strip() == self.name:
            os.kill(int(pid), signal.SIGHUP)
        else:
            self.restart()

    def restart(self):
        """Debian's script of Docker fails to restart what does not run."""
        self._begin_afresh()
        self._must('restart' if self.is_active() else 'start')

    def stop(self):
        self._must('stop')

    def enable(self):
        """A script that was disabled by hand has links of its own: 'defaults' leaves them, only 'enable' turns them."""
        self._begin_afresh()
        if self.init == 'systemd':
            self._run(['systemctl', 'enable', '--quiet', self.name])
        elif self.init == 'upstart' and os.path.exists('/etc/init/%s.conf' % self.name):
            remove('/etc/init/%s.override' % self.name)
        else:
            self._run(['update-rc.d', self.name, 'defaults'])
            self._run(['update-rc.d', self.name, 'enable'])
        if not self.is_enabled():
            raise Refusal("service '%s' cannot be made to start at boot" % self.name,
                          'look at its start levels with systemctl or update-rc.d on the host')

    def disable(self):
        if self.init == 'systemd':
            self._run(['systemctl', 'disable', '--quiet', self.name])
        elif self.init == 'upstart' and os.path.exists('/etc/init/%s.conf' % self.name):
            write_atomic('/etc/init/%s.override' % self.name, b'manual\n', '0644')
        else:
            self._run(['update-rc.d', self.name, 'disable'])

    def _begin_afresh(self):
        """systemd goes on with what it once read until it is told, and gives up on what failed too often."""
        if self.init == 'systemd':
            self._run(['systemctl', 'reset-failed', self.name])
            shown = self._run(['systemctl', 'show', '--property=NeedDaemonReload', '--value', self.name])[1]
            if shown.strip() == 'yes':
                self._run(['systemctl', 'daemon-reload'])

    def _must(self, action):
        argv = ['systemctl', action, self.name] if self.init == 'systemd' else ['service', self.name, action]
        code, out, err = self._run(argv)
        if code != 0:
            said = self._last_words() or last_line(err or out)
            raise Refusal("service '%s' does not %s: %s" % (self.name, action, said), log_hint(self.init, self.name))

    def _last_words(self):
        """What the service itself said of its end, rather than what the init system makes of it."""
        if self.init != 'systemd':
            return last_line(read_text('/var/log/%s.log' % self.name) or '')
        unit = '_SYSTEMD_UNIT=%s.service' % self.name
        said = self._run(['journalctl', unit, '-n', '40', '-o', 'cat', '--no-pager', '-q'])[1]
        return last_line('\n'.join(line for line in said.splitlines() if TELLING.search(line)) or said)

    def _run(self, argv):
        return self.module.run_command(argv)

    def _succeeds(self, argv):
        return self._run(argv)[0] == 0


def last_line(text):
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else ''


def log_hint(init, service):
    if init == 'systemd':
        return "look at 'journalctl -u %s' on the host" % service
    return 'look at the logs in /var/log on the host'


NEEDS = ('nothing', 'reload', 'restart')


def greatest(*needs):
    return max(needs, key=NEEDS.index)


def empty_record():
    return {'format': 1, 'files': {}, 'folders': [], 'docker': None, 'pending': {}}


class Record(object):
    """What a host was like before, kept on the host until everything is taken away again."""

    def __init__(self):
        text = read_text(RECORD)
        self.content = json.loads(text) if text else empty_record()
        self.files = self.content['files']
        # By service: what it needs for changes to take effect. A run that is cut off in between must not lose it.
        self.pending = self.content.setdefault('pending', {})
        self._saved = text

    def remember_file(self, path, part):
        """Keeps the original once: what we wrote ourselves is never taken for one."""
        if path in self.files:
            return
        content = read_bytes(path)
        entry = {'part': part, 'existed': content is not None}
        if content is not None:
            entry['mode'] = mode_of(path)
            self._make_state_folders()
            os.makedirs(os.path.dirname(self.copy_of(path)), mode=0o700, exist_ok=True)
            write_atomic(self.copy_of(path), content, '0600')
        self.files[path] = entry

    def make_folders_for(self, path):
        missing = []
        folder = os.path.dirname(path)
        while not os.path.isdir(folder):
            missing.append(folder)
            folder = os.path.dirname(folder)
        for folder in reversed(missing):
            os.mkdir(folder, 0o755)
            if folder not in self.content['folders']:
                self.content['folders'].append(folder)

    def original_of(self, path):
        return read_bytes(self.copy_of(path)) if self.files[path]['existed'] else None

    def restore_file(self, path):
        original = self.original_of(path)
        if original is not None:
            write_atomic(path, original, self.files[path]['mode'])
        elif os.path.exists(path):
            os.unlink(path)

    def forget_file(self, path):
        del self.files[path]
        remove(self.copy_of(path))

    def expect_service(self, name, need):
        self.pending[name] = greatest(need, self.pending.get(name, 'nothing'))
        if self.pending[name] == 'nothing':
            del self.pending[name]

    def settle_service(self, name):
        self.pending.pop(name, None)
        self.save()

    def save(self):
        text = json.dumps(self.content, indent=2, sort_keys=True) + '\n'
        if text == self._saved or (self._saved is None and self.content == empty_record()):
            return
        self._make_state_folders()
        write_atomic(RECORD, text.encode(), '0600')
        self._saved = text

    @staticmethod
    def copy_of(path):
        return ORIGINALS + '/files' + path

    @staticmethod
    def _make_state_folders():
        for folder in (STATE, ORIGINALS):
            if not os.path.isdir(folder):
                os.mkdir(folder, 0o700)
