//! `compare --slurm`: checks everything, writes the plan into the comparison's folder, and leaves the rest to a job.
//! Main thread.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::contender::{Contender, Field};
use super::shared_plan::{Planned, SharedPlan};
use super::slurm::{self, Order};
use crate::cli::{Budget, SlurmOptions};
use crate::command::run::recording;
use crate::command::run::source::Source;
use crate::command::{Failure, output};
use crate::engine::arrangement::arrange;
use crate::engine::device::DeviceChoice;
use crate::engine::input::Candidate;
use crate::preset::Origin;
use crate::preset::visible::visible;
use crate::record::folder::comparison::ComparisonFolder;
use crate::weights::catalogue;

/// Orders what `field` compares from Slurm.
pub(super) fn order(field: &Field, options: &SlurmOptions) -> Result<(), Failure> {
    let plan = planned(field, device(field.options.device, options)?)?;
    let contenders = field.all();
    let Some(first) = contenders.first() else {
        return Err(Failure::new("there is nothing to compare"));
    };
    say_missing_weights(field);
    let program = std::env::current_exe().map_err(|error| {
        Failure::new(format!(
            "this program's own file is not known: {error}\n  start it by its path"
        ))
    })?;
    let order = Order {
        folder: Path::new(""),
        working_folder: &plan.working_folder,
        program: &program,
        lanes: &plan.lanes,
        options,
    };
    let begun = recording::begin_comparison(&first.plan).map_err(Failure::new)?;
    let write = || -> Result<(ComparisonFolder, PathBuf), Failure> {
        let folder = ComparisonFolder::at(absolute(begun.path())?);
        plan.write(&folder).map_err(|error| {
            Failure::new(format!(
                "{} cannot be written: {error}\n  --runs FOLDER names another place for the comparison",
                visible(&folder.plan().display().to_string())
            ))
        })?;
        let script = slurm::write(&Order {
            folder: folder.path(),
            ..order
        })
        .map_err(Failure::new)?;
        Ok((folder, script))
    };
    let (folder, script) = write().inspect_err(|_| {
        // Without a job it is of no use.
        let _ = begun.remove_if_empty();
    })?;
    slurm::go_on(
        &Order {
            folder: folder.path(),
            ..order
        },
        &script,
        field.options.json,
    )
}

/// Where tasks compute: without a GPU of their own not on one that others were given.
fn device(asked: DeviceChoice, options: &SlurmOptions) -> Result<DeviceChoice, Failure> {
    match (options.gpus.count, asked) {
        (0, DeviceChoice::Cuda(_)) => Err(Failure::new(format!(
            "--device {asked} computes on a GPU, and --gpus 0 asks Slurm for none\n  leave one of them out"
        ))),
        (0, DeviceChoice::Auto) => Ok(DeviceChoice::Cpu),
        (_, asked) => Ok(asked),
    }
}

fn planned(field: &Field, device: DeviceChoice) -> Result<SharedPlan, Failure> {
    let contenders = field.all();
    let inputs: Vec<Candidate> = contenders.iter().map(|one| one.candidate()).collect();
    let candidates = contenders
        .iter()
        .map(|contender| {
            let overrides = &contender.plan.overrides;
            Ok(Planned {
                number: contender.place,
                label: contender.label.clone(),
                preset: preset(contender)?,
                overrides: overrides
                    .iter()
                    .map(|setting| format!("{}={}", setting.key, setting.value))
                    .collect(),
            })
        })
        .collect::<Result<Vec<Planned>, Failure>>()?;
    let sources = &field.sources;
    let picture = |source: &Source| absolute(source.path().unwrap_or(Path::new(source.name())));
    let working_folder = std::env::current_dir().map_err(|error| {
        Failure::new(format!(
            "the current folder is not known: {error}\n  go to another one"
        ))
    })?;
    let options = &field.options;
    Ok(SharedPlan {
        device: device.to_string(),
        threads: options.threads,
        offline: options.offline,
        sixteen_bit: options.sixteen_bit,
        tensorboard: options.tensorboard,
        budget_seconds: match field.budget {
            Some(Budget::Time(time)) => Some(time.as_secs_f64()),
            // Steps are among the overrides.
            Some(Budget::Steps(_)) | None => None,
        },
        results: field.results.as_deref().map(absolute).transpose()?,
        more_styles: sources
            .more_styles()
            .iter()
            .map(picture)
            .collect::<Result<_, _>>()?,
        content_mask: sources.content.mask_path().map(absolute).transpose()?,
        style_masks: sources
            .style_masks()
            .map(absolute)
            .collect::<Result<_, _>>()?,
        candidates,
        lanes: arrange(&inputs, field.most_in_lane),
        ..SharedPlan::new(
            working_folder,
            picture(&sources.content)?,
            picture(sources.style())?,
        )
    })
}

/// How a task names it, wherever that is begun.
fn preset(contender: &Contender) -> Result<String, Failure> {
    let loaded = &contender.plan.preset;
    let Origin::File(path) = &loaded.origin else {
        return Ok(loaded.name.clone());
    };
    let path = absolute(path)?;
    path.to_str()
        .map(str::to_owned)
        .ok_or_else(|| not_text(&path))
}

/// As text, since plan and job are text.
fn absolute(path: &Path) -> Result<PathBuf, Failure> {
    let whole = std::path::absolute(path).map_err(|error| {
        Failure::new(format!(
            "it is not known where {} is: {error}\n  give its whole path",
            visible(&path.display().to_string())
        ))
    })?;
    if whole.to_str().is_none() {
        return Err(not_text(&whole));
    }
    Ok(whole)
}

fn not_text(path: &Path) -> Failure {
    let shown = visible(&path.display().to_string());
    Failure::new(format!(
        "the path {shown} is not valid UTF-8\n  rename the file, or link to it"
    ))
}

/// Nodes of a cluster often reach no server.
fn say_missing_weights(field: &Field) {
    let missing: BTreeSet<&str> = field
        .all()
        .iter()
        .filter(|contender| contender.plan.weights.is_none())
        .filter_map(|contender| {
            catalogue::of(
                contender.plan.preset.preset.network.name,
                contender.plan.preset.preset.network.pixels,
            )
        })
        .map(|published| published.name)
        .collect();
    if !missing.is_empty() {
        let names: Vec<&str> = missing.into_iter().collect();
        output::error_line(format!(
            "note: the weights of {} are not here yet, and the tasks will fetch them, which needs nodes that reach \
             the internet\n  `stylescope weights fetch {}` fetches them here, before the tasks begin",
            names.join(" and "),
            names.join(" ")
        ));
    }
}
