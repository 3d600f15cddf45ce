//! What is said to a person, and what Slurm itself makes of the script.

#[cfg(target_os = "linux")]
#[path = "../../../../tests/slurm/cluster.rs"]
mod cluster;
#[cfg(target_os = "linux")]
mod under_slurm;

use super::*;
use crate::cli::slurm::options;

fn announced(words: &[&str], job: Option<&str>) -> String {
    let order = Order {
        folder: Path::new("/runs/a b"),
        working_folder: Path::new("/"),
        program: Path::new("/p"),
        lanes: &[vec![0], vec![1]],
        options: &options(words),
    };
    let job = job.map(|printed| printed.parse().unwrap());
    announcement(&order, Path::new("/runs/a b/job.sh"), job.as_ref())
}

#[test]
fn what_to_do_next_can_be_copied_into_a_shell() {
    assert_eq!(
        announced(&["--gpus=0"], None),
        "wrote '/runs/a b/job.sh': 2 tasks, on the CPU\n  \
            submit it                  sbatch '/runs/a b/job.sh'\n  \
            look on                    stylescope watch '/runs/a b'\n  \
            the report                 stylescope report '/runs/a b'"
    );
    assert_eq!(
        announced(&[], Some("17;north")),
        "submitted job 17: 2 tasks, 1 GPU each\n  \
            where it is                squeue -M north -j 17\n  \
            look on                    stylescope watch '/runs/a b'\n  \
            the report                 stylescope report '/runs/a b'\n  \
            what task 0 said           cat '/runs/a b/slurm-17_0.log'\n  \
            end it, pictures are kept  scancel -M north 17"
    );
}
