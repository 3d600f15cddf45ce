//! The script's text, and what a shell makes of it.

use std::path::Path;
use std::process::Command;

use super::*;
use crate::cli::slurm::options;

fn ordered(folder: &Path, program: &Path, options: &SlurmOptions) -> Result<String, String> {
    script(&Order {
        folder,
        working_folder: Path::new("/home/ada"),
        program,
        lanes: &[vec![0, 2], vec![1]],
        options,
    })
    .map_err(|error| error.to_string())
}

/// The script for a comparison with a plain name.
fn plain(words: &[&str]) -> String {
    let program = Path::new("/opt/stylescope");
    ordered(Path::new("/runs/compare-k3f9"), program, &options(words)).unwrap()
}

#[test]
fn the_whole_script_of_an_order() {
    let text = plain(&[
        "--partition=gpu",
        "--time=2:00:00",
        "--gpus=a100:1",
        "--cpus=4",
        "--memory=16G",
        "--slurm-option=--account=art",
        "--slurm-option",
        "--comment='two words'",
    ]);
    let expected = r#"#!/bin/sh
# A comparison by stylescope VERSION, a task for each lane:
#   task 0: 01, 03
#   task 1: 02
#SBATCH --job-name=compare-k3f9
#SBATCH --array=0-1
#SBATCH --nodes=1
#SBATCH --ntasks=1
#SBATCH --chdir=/home/ada
#SBATCH --output=/runs/compare-k3f9/slurm-%A_%a.log
#SBATCH --export=ALL
#SBATCH --signal=B:TERM@60
#SBATCH --gres=gpu:a100:1
#SBATCH --cpus-per-task=4
#SBATCH --mem=16G
#SBATCH --time=2:00:00
#SBATCH --partition=gpu
#SBATCH --no-requeue
#SBATCH --account=art
#SBATCH --comment='two words'

export OMP_NUM_THREADS="${SLURM_CPUS_PER_TASK:-${SLURM_CPUS_ON_NODE:-1}}"
exec /opt/stylescope compare --task /runs/compare-k3f9 --lane "$SLURM_ARRAY_TASK_ID"
"#;
    assert_eq!(text, expected.replace("VERSION", env!("CARGO_PKG_VERSION")));
}

#[test]
fn gpus_are_asked_for_unless_none_is_wanted() {
    assert!(plain(&[]).contains("\n#SBATCH --gres=gpu:1\n"));
    assert!(!plain(&["--gpus=0"]).contains("gres"));
}

#[test]
fn a_signal_that_would_come_at_once_is_left_out() {
    assert!(plain(&[]).contains("--signal=B:TERM@60"));
    assert!(plain(&["--time=5"]).contains("--signal=B:TERM@60"));
    assert!(plain(&["--time=unlimited"]).contains("--signal=B:TERM@60"));
    assert!(!plain(&["--time=4:59"]).contains("--signal"));
}

#[test]
fn arguments_survive_what_sbatch_splits_at() {
    assert_eq!(argument("0-3"), "0-3");
    assert_eq!(argument(r#"a b#"c'\d"#), r#""a b#\"c'\\d""#);
    assert_eq!(argument(""), "");
    let odd = Path::new("/runs/%j a'b");
    let text = ordered(odd, Path::new("/p"), &options(&[])).unwrap();
    assert!(
        text.contains("\n#SBATCH --output=\"/runs/%%j a'b/slurm-%A_%a.log\"\n"),
        "{text}"
    );
}

#[test]
fn what_cannot_stand_in_a_script_is_refused() {
    let plain = options(&[]);
    let program = Path::new("/opt/stylescope");
    for name in ["/runs/a\nb", "/runs/a\rb", "/runs/a\u{1b}b"] {
        let error = ordered(Path::new(name), program, &plain).unwrap_err();
        assert!(error.contains("control characters\n"), "{error}");
        assert!(!error.contains('\u{1b}'), "{error}");
        let error = ordered(Path::new("/runs"), Path::new(name), &plain).unwrap_err();
        assert!(error.contains("control characters\n"), "{error}");
    }
    let error = ordered(Path::new(r"/runs/a\b"), program, &plain).unwrap_err();
    assert!(
        error.contains("backslash") && error.contains("--runs"),
        "{error}"
    );
    let lanes = Order {
        folder: Path::new("/runs"),
        working_folder: Path::new("/"),
        program,
        lanes: &[],
        options: &plain,
    };
    assert!(matches!(script(&lanes), Err(SlurmError::NoLane)));
}

#[cfg(unix)]
#[test]
fn bytes_that_are_no_text_are_refused() {
    use std::os::unix::ffi::OsStrExt;
    let path = Path::new(std::ffi::OsStr::from_bytes(b"/runs/\xff"));
    let error = ordered(path, Path::new("/p"), &options(&[])).unwrap_err();
    assert!(error.contains("not UTF-8"), "{error}");
}

/// A shell runs the script as a task of Slurm would; a stand-in for the program says what it was given.
#[cfg(unix)]
#[test]
fn a_task_becomes_the_program_with_its_lane() {
    use std::os::unix::fs::symlink;
    let folder = tempfile::tempdir().unwrap();
    let odd = folder.path().join("a b'c\"d$HOME`e` %j #f é");
    std::fs::create_dir(&odd).unwrap();
    // Prints its process and arguments, as no other program named by a link does.
    let program = odd.join("program");
    symlink("/bin/sh", &program).unwrap();
    let text = ordered(&odd, &program, &options(&[])).unwrap();
    let text = text.replace(
        " compare ",
        " -c 'echo $$ $OMP_NUM_THREADS; for word; do echo \"$word\"; done' x compare ",
    );
    let path = odd.join("job.sh");
    std::fs::write(&path, text).unwrap();
    let child = Command::new("sh")
        .arg(&path)
        .envs([("SLURM_ARRAY_TASK_ID", "7"), ("SLURM_CPUS_ON_NODE", "3")])
        .env_remove("SLURM_CPUS_PER_TASK")
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let process = child.id();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let folder = odd.display();
    assert_eq!(
        said,
        format!("{process} 3\ncompare\n--task\n{folder}\n--lane\n7\n")
    );
}
