//! Which presets a command line means, and with which values of a grid. Main thread; looks for files.

use crate::cli::GridAxis;
use crate::command::Failure;
use crate::preset::Override;
use crate::preset::visible::visible;

/// More pictures than anybody looks at side by side.
const MOST: usize = 256;

/// A preset to be loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Chosen {
    /// A name or path.
    pub(super) name: String,
    /// What the grid lays over it.
    pub(super) settings: Vec<Override>,
}

impl Chosen {
    /// ` weight=1e4`: what tells it from others of the same preset.
    pub(super) fn suffix(&self, grid: &[GridAxis]) -> String {
        let short = |key: &str| {
            let last = key.rsplit('.').next().unwrap_or(key).to_owned();
            let same = grid
                .iter()
                .filter(|axis| axis.key.rsplit('.').next() == Some(last.as_str()));
            if same.count() > 1 {
                key.to_owned()
            } else {
                last
            }
        };
        let mut suffix = String::new();
        // A value that all have tells nobody from the others.
        for setting in self.settings.iter().filter(|setting| {
            let axis = grid.iter().find(|axis| axis.key == setting.key);
            axis.is_some_and(|axis| axis.values.len() > 1)
        }) {
            suffix.push(' ');
            suffix.push_str(&short(&setting.key));
            suffix.push('=');
            suffix.push_str(&setting.value);
        }
        suffix
    }
}

/// Every preset that `names` mean, with every combination of the values of `grid`.
pub(super) fn chosen(names: &[String], grid: &[GridAxis]) -> Result<Vec<Chosen>, Failure> {
    let mut found = Vec::new();
    for name in names {
        for name in expanded(name)? {
            if !found.contains(&name) {
                found.push(name);
            }
        }
    }
    let mut settings: Vec<Vec<Override>> = vec![Vec::new()];
    for axis in grid {
        settings = settings
            .iter()
            .flat_map(|before| {
                axis.values.iter().map(|value| {
                    let mut all = before.clone();
                    all.push(Override {
                        key: axis.key.clone(),
                        value: value.clone(),
                    });
                    all
                })
            })
            .take(MOST + 1)
            .collect();
    }
    let count = found.len() * settings.len();
    if count > MOST {
        return Err(Failure::new(format!(
            "more than {MOST} candidates\n  compare fewer presets, or give --grid fewer values"
        )));
    }
    Ok(found
        .iter()
        .flat_map(|name| {
            settings.iter().map(|settings| Chosen {
                name: name.clone(),
                settings: settings.clone(),
            })
        })
        .collect())
}

/// The files of a pattern, in order; any other name as it is.
fn expanded(name: &str) -> Result<Vec<String>, Failure> {
    let is_pattern = name.contains(['*', '?', '[']) && !std::path::Path::new(name).exists();
    if !is_pattern {
        return Ok(vec![name.to_owned()]);
    }
    let shown = visible(name);
    let paths = glob::glob(name)
        .map_err(|error| Failure::new(format!("{shown} is no pattern for files: {error}")))?;
    let mut files = Vec::new();
    for path in paths {
        let path = path.map_err(Failure::new)?;
        let text = path.to_str().ok_or_else(|| {
            let shown = visible(&path.display().to_string());
            Failure::new(format!(
                "the path {shown} is not valid UTF-8\n  rename the file, or link to it"
            ))
        })?;
        files.push(text.to_owned());
    }
    if files.is_empty() {
        return Err(Failure::new(format!(
            "no file fits {shown}\n  `stylescope presets list` shows presets by name"
        )));
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_combinations_in_order() {
        let grid: Vec<GridAxis> = ["style.weight=1,2", "content.weight=3,4"]
            .iter()
            .map(|text| text.parse().unwrap())
            .collect();
        let names = ["a".to_owned(), "b".to_owned(), "a".to_owned()];
        let chosen = chosen(&names, &grid).unwrap();
        let labels: Vec<String> = chosen
            .iter()
            .map(|one| format!("{}{}", one.name, one.suffix(&grid)))
            .collect();
        assert_eq!(labels.len(), 8);
        assert_eq!(labels[1], "a style.weight=1 content.weight=4");
        assert_eq!(labels[4], "b style.weight=1 content.weight=3");
        assert_eq!(chosen[0].suffix(&grid[..1]), " weight=1");
    }

    #[test]
    fn patterns_find_files_in_order_and_nothing_is_said() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b.toml", "a.toml", "c.txt"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        let pattern = folder.path().join("*.toml").display().to_string();
        let names: Vec<String> = chosen(&[pattern], &[])
            .unwrap()
            .iter()
            .map(|one| one.name.rsplit('/').next().unwrap().to_owned())
            .collect();
        assert_eq!(names, ["a.toml", "b.toml"]);
        let none = folder.path().join("*.nothing").display().to_string();
        assert!(chosen(&[none], &[]).is_err());
    }

    #[test]
    fn too_many_are_refused_before_any_is_loaded() {
        let values = vec!["1"; 100].join(",");
        let grid: Vec<GridAxis> = ["a", "b", "c", "d"]
            .iter()
            .map(|key| format!("{key}={values}").parse().unwrap())
            .collect();
        assert!(chosen(&["demo".to_owned()], &grid).is_err());
    }
}
