//! A file as it is written: counted, hashed, brought to the disk, and named by its content.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use bangioc_postgres_text::hex::to_hex;
use sha2::{Digest as _, Sha256};

/// Characters of a hash that stand in a file's name. 48 bits: a set has some hundred files, ever.
pub const NAME_DIGITS: usize = 12;

/// Writes go through to the file; what was written is known at the end.
pub struct HashedFile {
    path: PathBuf,
    file: BufWriter<File>,
    sha: Sha256,
    bytes: u64,
}

/// A file that is on the disk.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Written {
    pub path: PathBuf,
    pub bytes: u64,
    /// SHA-256, lower-case hexadecimal.
    pub sha256: String,
}

impl HashedFile {
    pub fn create(path: &Path) -> io::Result<HashedFile> {
        Ok(HashedFile {
            path: path.to_owned(),
            file: BufWriter::with_capacity(1 << 18, File::create(path)?),
            sha: Sha256::new(),
            bytes: 0,
        })
    }

    /// After this the content survives a power cut; the name does once its folder is synced too.
    pub fn finish(self) -> io::Result<Written> {
        let file = self.file.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.sync_all()?;
        Ok(Written { path: self.path, bytes: self.bytes, sha256: to_hex(&self.sha.finalize()) })
    }
}

impl Write for HashedFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.file.write(bytes)?;
        self.sha.update(&bytes[..count]);
        self.bytes += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Written {
    /// Gives the file its lasting name, `<stem>-<hash>.<extension>`, in the folder where it is.
    pub fn named_by_content(mut self, stem: &str, extension: &str) -> io::Result<Written> {
        let short = self.sha256.get(..NAME_DIGITS).unwrap_or_default();
        let path = self.path.with_file_name(format!("{stem}-{short}.{extension}"));
        fs::rename(&self.path, &path)?;
        self.path = path;
        Ok(self)
    }
}

/// Writes a whole small file.
pub fn write_file(path: &Path, content: &[u8]) -> io::Result<Written> {
    let mut file = HashedFile::create(path)?;
    file.write_all(content)?;
    file.finish()
}

/// Replaces a small file at once: readers see the old or the new one, also after a power cut.
pub fn replace_file(path: &Path, content: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let new = folder.join(format!(".{name}"));
    write_file(&new, content)?;
    fs::rename(&new, path)?;
    sync_folder(folder)
}

/// Brings a folder's names to the disk.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Hash and length of a file as it is now.
pub fn hash_file(path: &Path) -> io::Result<(u64, String)> {
    let mut file = File::open(path)?;
    let mut sha = Sha256::new();
    let mut buffer = vec![0; 1 << 18];
    let mut bytes = 0;
    loop {
        let count = io::Read::read(&mut file, &mut buffer)?;
        if count == 0 {
            return Ok((bytes, to_hex(&sha.finalize())));
        }
        sha.update(&buffer[..count]);
        bytes += count as u64;
    }
}

pub fn digest(content: &[u8]) -> String {
    to_hex(&Sha256::digest(content))
}
