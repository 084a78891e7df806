"""What the checks share: the binary under test, and the count of what passed."""

import os
import subprocess


class Tally:
    """Prints each check as a line of a table, and counts."""

    def __init__(self):
        self.passed = 0
        self.failed = 0

    def note(self, subject, check, problems, detail=""):
        """One check: it passed when there are no problems."""
        if problems:
            self.failed += 1
            more = f" (and {len(problems) - 3} more)" if len(problems) > 3 else ""
            detail = "; ".join(problems[:3]) + more
        else:
            self.passed += 1
        print(f"{'FAILED' if problems else 'ok':6}  {subject:26}  {check:34}  {detail}".rstrip(), flush=True)


class Ingot:
    """The binary under test, with a home of its own."""

    def __init__(self, binary, home):
        self.binary = str(binary)
        self.environment = dict(os.environ, INGOT_HOME=str(home))

    def run(self, *arguments):
        """Runs one command. Returns None, or what it said when it failed."""
        return self.report(*arguments)[1]

    def report(self, *arguments):
        """Runs one command. Returns what it printed, and what it said when it failed, or None."""
        command = [self.binary, *map(str, arguments)]
        result = subprocess.run(command, env=self.environment, capture_output=True, text=True)
        if result.returncode == 0:
            return result.stdout, None
        said = (result.stderr or result.stdout).strip() or "no message"
        return "", f"ingot {arguments[0]} exited with {result.returncode}: {said}"
