"""How a module ends: with what it found, with cause and remedy, or because a command on the host does not come to its end."""

import errno

SECONDS_MAX = 300
KILL_SECONDS = 5
# What timeout(1) ends with when it had to end the command, by TERM and by KILL.
TIMED_OUT = (124, 137)
NO_SPACE = 'No space left on device'


class Refusal(Exception):
    """Something that the operator can mend: shown as cause and remedy, never as a traceback."""

    def __init__(self, cause, remedy):
        super().__init__(cause)
        self.cause = cause
        self.remedy = remedy


def run_refusable(module, work):
    """Runs the module's work, and turns what the operator can mend into cause and remedy."""
    try:
        limit_commands(module)
        module.exit_json(**work(module))
    except Refusal as refusal:
        module.fail_json(msg=refusal.cause, remedy=refusal.remedy)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        module.fail_json(msg='%s (%s)' % (NO_SPACE, error.filename or 'on the host'),
                         remedy='free some space on the host and run again')


def limit_commands(module):
    """Puts timeout(1) around all that `module.run_command` runs: the client of a daemon that hangs would hang as well."""
    run = module.run_command
    if module.get_bin_path('timeout') is None:
        return

    def limited(argv, check_rc=False, **options):
        code, out, err = run(['timeout', '-k', str(KILL_SECONDS), str(SECONDS_MAX)] + list(argv), **options)
        if code in TIMED_OUT:
            said = [line.strip() for line in (out + '\n' + err).splitlines() if line.strip()][-1:]
            raise Refusal("'%s' did not end within %d s%s" % (' '.join(argv), SECONDS_MAX, ': ' + said[0] if said else ''),
                          'run it by hand on the host to see what it waits for')
        if check_rc and code != 0:
            module.fail_json(msg=err.strip() or "'%s' ended with %d" % (' '.join(argv), code), rc=code, stdout=out, stderr=err)
        return code, out, err

    module.run_command = limited
