"""What a process holds, from /proc. Standard library only."""
import collections
import os
import pathlib

Sample = collections.namedtuple("Sample", "rss_mb fds threads")


def sample(pid):
    """A Sample of the process, or None when it is gone."""
    folder = pathlib.Path("/proc", str(pid))
    try:
        fields = dict(line.split(":", 1) for line in (folder / "status").read_text().splitlines())
        if "VmRSS" not in fields:  # a zombie
            return None
        return Sample(rss_mb=int(fields["VmRSS"].split()[0]) / 1024,
                      fds=len(os.listdir(folder / "fd")), threads=int(fields["Threads"]))
    except (FileNotFoundError, ProcessLookupError):
        return None
