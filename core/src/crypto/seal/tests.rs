use std::io::Cursor;

use proptest::prelude::*;

use super::*;
use crate::crypto::Sha256Hash;

fn key() -> FileKey {
    FileKey::from_bytes(&std::array::from_fn::<u8, 32, _>(|i| i as u8)).unwrap()
}

fn content(length: usize) -> Vec<u8> {
    (0..length).map(|i| (i * 7 % 251) as u8).collect()
}

fn seal(plain: &[u8]) -> Vec<u8> {
    let mut sealer = Sealer::new(Vec::new(), &key());
    sealer.append(plain).unwrap();
    sealer.finish().unwrap()
}

fn open(sealed: &[u8]) -> Result<Vec<u8>, SealError> {
    let read = || {
        let mut plain = Vec::new();
        Opener::new(Cursor::new(sealed), &key())?.read_to_end(&mut plain)?;
        Ok(plain)
    };
    read().map_err(|error: io::Error| {
        *error
            .get_ref()
            .and_then(|inner| inner.downcast_ref::<SealError>())
            .expect("an error of ours")
    })
}

/// Lengths around chunk boundaries.
fn lengths() -> impl Strategy<Value = usize> {
    prop_oneof![
        Just(0),
        Just(1),
        0..2_000usize,
        CHUNK - 2..CHUNK + 3,
        2 * CHUNK - 2..2 * CHUNK + 3,
        0..4 * CHUNK
    ]
}

#[test]
fn sealed_bytes_are_those_of_age() {
    // Generated chunk by chunk with Python's `cryptography`, following the C2SP text.
    for (length, expected) in [
        (
            0,
            "98082ff61f1317c757770e0ee5ec26bbe8f1d4d7c3f91e4755eb0622f630b8a7",
        ),
        (
            11,
            "383d0daeb66504e82b8e5100efb8518ba8c69f30cead7d4c70fd3e889346263d",
        ),
        (
            CHUNK,
            "318638062d7cab5eb93f0276f61d170eb02e6016f69d9e4583d248ac40541618",
        ),
        (
            2 * CHUNK + 5,
            "32a52cd7c78492578a35a35190d8faaa5f59f3fb301f142d1bfbdb708bf693f5",
        ),
    ] {
        assert_eq!(
            Sha256Hash::of(&seal(&content(length))).to_string(),
            expected,
            "{length}"
        );
    }
}

#[test]
fn a_file_that_ends_at_a_chunk_border_is_known_to_be_cut_short() {
    let sealed = seal(&content(3 * CHUNK));
    assert_eq!(open(&sealed[..2 * SEALED_CHUNK]), Err(SealError::Truncated));
    assert_eq!(open(&sealed[..2 * SEALED_CHUNK + 15]), Err(SealError::Truncated));
    assert_eq!(open(&sealed[..2 * SEALED_CHUNK + 16]), Err(SealError::Truncated));
    assert_eq!(open(&[]), Err(SealError::Truncated));
}

#[test]
fn chunks_in_another_order_do_not_open() {
    let mut sealed = seal(&content(3 * CHUNK));
    let (first, rest) = sealed.split_at_mut(SEALED_CHUNK);
    first.swap_with_slice(&mut rest[..SEALED_CHUNK]);
    assert_eq!(open(&sealed), Err(SealError::Altered));
}

#[test]
fn bytes_behind_the_last_chunk_are_noticed() {
    let mut sealed = seal(&content(CHUNK));
    sealed.extend_from_slice(&seal(&content(10)));
    assert_eq!(open(&sealed), Err(SealError::Altered));
}

#[test]
fn an_empty_last_chunk_is_refused_even_with_a_right_tag() {
    let mut sealer = Sealer::new(Vec::new(), &key());
    sealer.append(&content(CHUNK)).unwrap();
    sealer.seal(Place::Inner).unwrap();
    assert_eq!(open(&sealer.finish().unwrap()), Err(SealError::Truncated));
}

#[test]
fn another_key_opens_nothing() {
    let sealed = seal(&content(100));
    let error = Opener::new(Cursor::new(sealed), &FileKey::generate().unwrap()).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::InvalidData);
}

#[test]
fn a_key_does_not_print() {
    assert_eq!(format!("{:?}", key()), "FileKey(..)");
    assert_eq!(FileKey::from_bytes(&[0; 31]).unwrap_err(), KeyError::NotAKey);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn what_was_sealed_opens_again(length in lengths(), pieces in prop::collection::vec(1..100_000usize, 1..8)) {
        let plain = content(length);
        let mut sealer = Sealer::new(Vec::new(), &key());
        let mut rest = plain.as_slice();
        for size in pieces.into_iter().cycle() {
            let (piece, later) = rest.split_at(size.min(rest.len()));
            sealer.append(piece).unwrap();
            rest = later;
            if rest.is_empty() {
                break;
            }
        }
        let sealed = sealer.finish().unwrap();
        prop_assert_eq!(sealed.len() as u64, sealed_length(length as u64));
        prop_assert_eq!(plain_length(sealed.len() as u64), Ok(length as u64));
        prop_assert!(open(&sealed).unwrap() == plain);
    }

    #[test]
    fn a_read_from_anywhere_gives_the_bytes_there(length in 1..3 * CHUNK, from in any::<prop::sample::Index>(), count in 1..CHUNK) {
        let plain = content(length);
        let mut opener = Opener::new(Cursor::new(seal(&plain)), &key()).unwrap();
        let from = from.index(length);
        opener.seek(SeekFrom::Start(from as u64)).unwrap();
        let mut read = Vec::new();
        (&mut opener).take(count as u64).read_to_end(&mut read).unwrap();
        prop_assert!(read == plain[from..(from + count).min(length)]);
    }

    #[test]
    fn any_flipped_bit_is_noticed(length in lengths(), at in any::<prop::sample::Index>(), bit in 0..8u32) {
        let mut sealed = seal(&content(length));
        let at = at.index(sealed.len());
        sealed[at] ^= 1 << bit;
        prop_assert_eq!(open(&sealed), Err(SealError::Altered));
    }

    #[test]
    fn any_missing_end_is_noticed(length in lengths(), keep in any::<prop::sample::Index>()) {
        let sealed = seal(&content(length));
        prop_assert!(open(&sealed[..keep.index(sealed.len())]).is_err());
    }

    #[test]
    fn a_file_that_was_resumed_is_the_same_file(length in 1..4 * CHUNK, kept in 0..4u64) {
        let plain = content(length);
        let whole = seal(&plain);
        let kept = kept.min((length as u64 - 1) / CHUNK_BYTES);
        let (done, rest) = plain.split_at((kept * CHUNK_BYTES) as usize);
        let mut sealer = Sealer::resume(whole[..(kept * SEALED_CHUNK_BYTES) as usize].to_vec(), &key(), kept);
        sealer.append(rest).unwrap();
        prop_assert!(sealer.finish().unwrap() == whole, "{} bytes kept", done.len());
    }
}
