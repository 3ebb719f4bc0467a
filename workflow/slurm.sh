#!/usr/bin/env bash
# Make sure that Slurm and munge are there, for the tests on a cluster of one node (Debian, Ubuntu).
set -euo pipefail
cd "$(dirname "$0")/.."
packages=(slurmctld slurmd slurm-client munge)

complete() {
  local name
  for name in slurmctld slurmd sbatch srun squeue munged; do
    command -v "$name" >/dev/null || return 1
  done
}

complete && exit 0
if command -v apt-get >/dev/null; then
  . workflow/apt.sh
  apt_install "${packages[@]}" && complete && exit 0
fi
echo "slurm: not found and not installed (Debian: apt-get install ${packages[*]}); its tests are skipped" >&2
