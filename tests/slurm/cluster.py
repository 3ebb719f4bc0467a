"""A Slurm cluster of one node on the loopback of this machine, started and stopped by process id.

Slurm 22.05 of Debian 12, without accounting and without systemd. Its files: /etc/slurm/slurm.conf
(the executor plugin drops SLURM_CONF for its inner srun, so it must be there) and a folder of its
own for state and logs. Memory is watched by polling, since control groups need privileges that a
container may not have.
"""

import os
import shutil
import signal
import subprocess
import time
from importlib.util import find_spec
from pathlib import Path

CONF = Path("/etc/slurm/slurm.conf")
MARK = "# written by tests/slurm"
PLUGIN = "snakemake_executor_plugin_slurm"
PROGRAMS = ("slurmctld", "slurmd", "sbatch", "srun", "squeue", "scontrol", "munged")


def refusal() -> str:
    """Say why this machine cannot run the cluster; nothing when it can."""
    absent = [name for name in PROGRAMS if shutil.which(name) is None]
    absent += [name for name in [PLUGIN] if find_spec(name) is None]
    if absent:
        return f"no {', '.join(absent)}: make test-slurm installs them"
    if os.geteuid() != 0:
        return "Slurm's daemons need root"
    if CONF.exists() and MARK not in CONF.read_text(encoding="utf-8"):
        return f"{CONF} is another cluster's"
    return ""


class Cluster:
    """One node: start, stop, and the commands the tests give it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.host = subprocess.check_output(["hostname", "-s"], text=True, encoding="utf-8").strip()
        self.daemons: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        """Start munged where none runs, slurmctld and slurmd; return when the node is idle."""
        for name in ("state", "spool"):
            (self.folder / name).mkdir(parents=True)
        CONF.parent.mkdir(exist_ok=True)
        CONF.write_text(self.configuration(), encoding="utf-8")
        self._munge()
        self._daemon("slurmctld", "-D")
        self._daemon("slurmd", "-D")
        self.wait_for_state("idle")

    def stop(self) -> None:
        """Cancel what runs, stop the daemons this object started, take the configuration away."""
        self.call("scancel", "--full", "--user=root", check=False)
        for daemon in reversed(self.daemons):
            daemon.send_signal(signal.SIGTERM)
            try:
                daemon.wait(20)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()
        if CONF.exists() and MARK in CONF.read_text(encoding="utf-8"):
            CONF.unlink()

    def call(self, *command: str, check: bool = True) -> str:
        """Run a Slurm command; return what it prints."""
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert not check or done.returncode == 0, f"{command}: {done.stderr}{self.logs()}"
        return done.stdout

    def jobs(self) -> dict[str, str]:
        """Return the state of every job by its id; the cluster remembers them for two hours."""
        listed = self.call("squeue", "--noheader", "--states=all", "--format=%i|%T")
        return dict(line.split("|") for line in listed.splitlines())

    def running(self) -> list[str]:
        """Return the ids of the jobs that run now."""
        return [job for job, state in self.jobs().items() if state == "RUNNING"]

    def wait_for_state(self, word: str, limit: float = 30.0) -> None:
        """Wait until the node is in a state that begins with ``word``."""
        end = time.monotonic() + limit
        while time.monotonic() < end:
            if self.call("sinfo", "--noheader", "--format=%T", check=False).startswith(word):
                return
            time.sleep(0.2)
        raise AssertionError(f"the node is not {word} after {limit} s\n{self.logs()}")

    def logs(self) -> str:
        """Return the ends of the daemons' logs."""
        paths = sorted(self.folder.glob("*.log"))
        return "\n".join(
            f"{path.name}: {path.read_text(encoding='utf-8')[-2000:]}" for path in paths
        )

    def configuration(self) -> str:
        """Return slurm.conf: two jobs at a time on two cores, memory as large as rules may ask."""
        return f"""{MARK}
ClusterName=loopback
SlurmctldHost={self.host}(127.0.0.1)
SlurmUser=root
AuthType=auth/munge
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
SlurmctldPidFile={self.folder}/slurmctld.pid
SlurmdPidFile={self.folder}/slurmd.pid
SlurmctldLogFile={self.folder}/slurmctld.log
SlurmdLogFile={self.folder}/slurmd.log
StateSaveLocation={self.folder}/state
SlurmdSpoolDir={self.folder}/spool
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=1
JobAcctGatherParams=OverMemoryKill
AccountingStorageType=accounting_storage/none
MpiDefault=none
ReturnToService=2
SchedulerParameters=sched_interval=2
KillWait=2
MinJobAge=7200
DefMemPerCPU=200
SlurmdParameters=config_overrides
NodeName={self.host} NodeAddr=127.0.0.1 CPUs=2 CoresPerSocket=2 RealMemory=40000
PartitionName=cpu Nodes={self.host} Default=YES MaxTime=600
"""

    def _munge(self) -> None:
        socket = Path("/run/munge/munge.socket.2")
        answers = subprocess.run(["munge", "-n"], capture_output=True, check=False)
        if answers.returncode == 0:
            return
        socket.parent.mkdir(parents=True, exist_ok=True)
        shutil.chown(socket.parent, "munge", "munge")
        socket.parent.chmod(0o755)
        self._daemon("runuser", "-u", "munge", "--", "munged", "--foreground", "--force")
        for _ in range(100):
            if subprocess.run(["munge", "-n"], capture_output=True, check=False).returncode == 0:
                return
            time.sleep(0.1)
        raise AssertionError(f"munged does not answer\n{self.logs()}")

    def _daemon(self, *command: str) -> None:
        """Start a daemon in the foreground of a session of its own."""
        with (self.folder / f"{Path(command[0]).name}.out.log").open("wb") as log:
            self.daemons.append(
                subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
            )
