//! Damaged pictures: whatever the result, nothing panics, and no place is left in what is accepted.

use proptest::prelude::*;

use super::*;

fn small() -> Vec<Vec<u8>> {
    let names = [
        "images/exif_gps.jpg",
        "images/hopper_orientation_6.jpg",
        "images/multiple_exif.jpg",
        "images/hopper.png",
        "images/16bit.MM.cropped.tif",
        "images/g4_orientation_5.tif",
        "images/multipage_single_frame_loop.tiff",
        "images/avif/hopper.heif",
    ];
    let block = exif_block(&sample("gps.jpg"));
    let sideways = with_chunks(&sample("images/hopper.png"), &[chunk(b"eXIf", &turned(6))]);
    names
        .map(sample)
        .into_iter()
        .chain([block, sideways, in_place::described_heic()])
        .collect()
}

fn try_each(bytes: &[u8]) {
    for media_type in [MediaType::Jpeg, MediaType::Png, MediaType::Tiff, MediaType::Heic] {
        let mut source = Cursor::new(bytes);
        if let Ok(plan) = plan(&mut source, media_type) {
            let mut clean = Vec::new();
            plan.read(&mut source).read_to_end(&mut clean).unwrap();
            let fields = exif_of(&clean).unwrap_or_default();
            assert!(!fields.iter().any(|field| field.starts_with("GPS")), "{fields:?}");
        }
    }
}

#[test]
fn no_picture_however_cut_makes_it_panic() {
    for file in small() {
        for length in (0..file.len().min(1_500)).chain((1_500..file.len()).step_by(997)) {
            try_each(&file[..length]);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_spoiled_picture_makes_it_panic(
        which in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<bool>(), any::<u8>()), 1..6),
    ) {
        thread_local!(static FILES: Vec<Vec<u8>> = small());
        let mut file = FILES.with(|files| which.get(files).clone());
        for (index, early, byte) in changes {
            // Most structures are at the start.
            let places = if early { file.len().min(400) } else { file.len() };
            file[index.index(places)] = byte;
        }
        try_each(&file);
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..600), kind in 0_usize..4) {
        let beginnings: [&[u8]; 4] = [b"\xff\xd8\xff", png::SIGNATURE, b"II*\0\x08\0\0\0", b"\0\0\0\x10ftypheic\0\0\0\0\0\0\0\xffmeta"];
        try_each(&[beginnings[kind], &bytes].concat());
    }
}
