//! How much of a large file is read, and what happens if it cannot be read.

use std::io::{Cursor, SeekFrom};

use super::*;

/// A file of any length whose middle is all zeros. Counts the bytes read.
struct Sparse {
    head: Vec<u8>,
    tail: Vec<u8>,
    length: u64,
    at: u64,
    read: u64,
}

impl Sparse {
    fn new(head: &[u8], tail: &[u8], length: u64) -> Self {
        let (head, tail) = (head.to_vec(), tail.to_vec());
        Self {
            head,
            tail,
            length,
            at: 0,
            read: 0,
        }
    }
}

impl Read for Sparse {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.length.saturating_sub(self.at)).unwrap();
        let read = buffer.len().min(left);
        let tail_at = self.length - self.tail.len() as u64;
        let end = self.at + read as u64;
        let buffer = &mut buffer[..read];
        buffer.fill(0);
        for (piece, piece_at) in [(&self.head, 0), (&self.tail, tail_at)] {
            let (from, to) = (self.at.max(piece_at), end.min(piece_at + piece.len() as u64));
            if from < to {
                let within = |at: u64, start: u64| usize::try_from(at - start).unwrap();
                buffer[within(from, self.at)..within(to, self.at)]
                    .copy_from_slice(&piece[within(from, piece_at)..within(to, piece_at)]);
            }
        }
        self.at += read as u64;
        self.read += read as u64;
        Ok(read)
    }
}

impl Seek for Sparse {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.at = match to {
            SeekFrom::Start(at) => at,
            SeekFrom::Current(by) => self.at.checked_add_signed(by).unwrap(),
            SeekFrom::End(by) => self.length.checked_add_signed(by).unwrap(),
        };
        Ok(self.at)
    }
}

const TWO_GIB: u64 = 2 * 1024 * 1024 * 1024;

#[test]
fn of_a_large_file_little_is_read() {
    let mut pdf = Sparse::new(&sample("letter.pdf"), b"startxref\n1000000\n%%EOF", TWO_GIB);
    let found = inspect(&mut pdf).unwrap().findings;
    assert_eq!(found, [Finding::PdfDamaged(PdfDamage::NoCrossReference)]);
    assert!(pdf.read < 8 << 20, "{}", pdf.read);

    // A table that never reaches its trailer.
    let mut pdf = Sparse::new(b"%PDF-1.4\nxref\n", b"startxref\n9\n%%EOF", TWO_GIB);
    inspect(&mut pdf).unwrap();
    assert!(pdf.read < 72 << 20, "{}", pdf.read);

    // A one-gigabyte private element before the patient.
    let real = sample("dicom/test_files/MR_small.dcm");
    let patient = window::find(&real, b"\x10\0\x10\0PN").unwrap();
    let element = [&b"\x09\0\x01\x10OB\0\0"[..], &(1_u32 << 30).to_le_bytes()].concat();
    let head = [&real[..patient], &element].concat();
    let length = head.len() as u64 + (1 << 30) + (real.len() - patient) as u64;
    let mut dicom = Sparse::new(&head, &real[patient..], length);
    let found = inspect(&mut dicom).unwrap();
    assert_eq!(found.findings, findings(&real));
    assert!(dicom.read < 1 << 20, "{}", dicom.read);
}

/// Fails on reads beyond the first `sound` bytes.
struct Failing {
    inner: Cursor<Vec<u8>>,
    sound: u64,
}

impl Read for Failing {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.sound.saturating_sub(self.inner.position());
        if left == 0 {
            return Err(io::Error::other("a bad sector"));
        }
        (&mut self.inner).take(left).read(buffer)
    }
}

impl Seek for Failing {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.inner.seek(to)
    }
}

#[test]
fn a_file_that_cannot_be_read_is_no_damaged_file() {
    for (name, sound) in [
        ("scan.pdf", 0),
        ("scan.pdf", 100_000),
        ("dicom/test_files/README.txt", 10_000),
        ("dicom/test_files/CT_small.dcm", 4_096),
    ] {
        let inner = Cursor::new(sample(name));
        let mut reader = Failing { inner, sound };
        let inspected = inspect(&mut reader);
        // For DICOM, everything needed comes before the failing part.
        let enough = name.ends_with("dcm");
        assert_eq!(matches!(inspected, Err(InspectError::Io(_))), !enough, "{name}");
    }
    let inner = Cursor::new(sample("dicom/test_files/CT_small.dcm"));
    let mut reader = Failing { inner, sound: 500 };
    assert!(matches!(read_identity(&mut reader), Err(DicomError::Io(_))));
}
