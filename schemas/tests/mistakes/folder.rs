//! A folder of contracts for one test.

use std::path::PathBuf;

use bangioc_schemas::catalogue::Catalogue;

/// A folder of files, gone when dropped.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn with(name: &str, files: &[(&str, &str)]) -> Folder {
        let folder = Folder(
            std::env::temp_dir().join(format!("bangioc-contracts-{name}-{}", std::process::id())),
        );
        for (file, text) in files {
            let path = folder.0.join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        folder
    }

    pub(crate) fn mistakes(&self) -> String {
        Catalogue::read(&self.0).map_or_else(|errors| errors.to_string(), |_| String::new())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _gone_already = std::fs::remove_dir_all(&self.0);
    }
}
