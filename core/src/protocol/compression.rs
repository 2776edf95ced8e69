//! Compression of sync bodies: zstd (RFC 8878), announced by `Content-Encoding` and `Accept-Encoding` (RFC 9110, 8.4).

use std::io::Read;

use zstd::stream::read::Decoder;

/// The name of the coding in both headers.
pub const ZSTD: &str = "zstd";

/// Bodies of up to this many bytes are sent as they are: little is gained, and each costs a compressor.
const NOT_WORTH_IT: usize = 1_024;

/// Of 1 to 22. Texts of cases become a third of their size; higher levels take several times as long for a few percent.
const LEVEL: i32 = 3;

/// The largest window that a receiver supports (RFC 8878, 3.1.1.1.2), as the exponent of 2: 8 MiB.
const WINDOW_LOG_MAX: u32 = 23;

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DecompressError {
    /// The content has more bytes than allowed.
    #[error("the content is too long")]
    TooLong,
    /// Not zstd, or cut off.
    #[error("not zstd")]
    Damaged,
}

/// The body compressed; `None` if it is to be sent as it is.
#[must_use]
pub fn compress(body: &[u8]) -> Option<Vec<u8>> {
    if body.len() <= NOT_WORTH_IT {
        return None;
    }
    let compressed = zstd::bulk::compress(body, LEVEL).ok()?;
    (compressed.len() < body.len()).then_some(compressed)
}

/// The content of a compressed body, of at most `limit` bytes. No more than that is held, whatever the body claims.
pub fn decompress(body: &[u8], limit: usize) -> Result<Vec<u8>, DecompressError> {
    let damaged = |_| DecompressError::Damaged;
    let mut decoder = Decoder::with_buffer(body).map_err(damaged)?;
    decoder.window_log_max(WINDOW_LOG_MAX).map_err(damaged)?;
    let mut content = Vec::new();
    let one_more = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    decoder
        .take(one_more)
        .read_to_end(&mut content)
        .map_err(damaged)?;
    if content.len() > limit {
        return Err(DecompressError::TooLong);
    }
    Ok(content)
}

/// Whether an `Accept-Encoding` field names zstd. Quality values are not compared: there is one coding to choose.
#[must_use]
pub fn accepts(field: &str) -> bool {
    field.split(',').any(|item| {
        let mut parts = item.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default();
        name.eq_ignore_ascii_case(ZSTD)
            && !parts.any(|weight| weight.starts_with("q=0") && !weight.contains(|c| matches!(c, '1'..='9')))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_comes_back_and_small_or_random_ones_are_sent_as_they_are() {
        let text = "Dyspnoea on exertion for three months. ".repeat(100);
        let compressed = compress(text.as_bytes()).unwrap();
        assert!(compressed.len() < text.len() / 3);
        assert_eq!(decompress(&compressed, text.len()).unwrap(), text.as_bytes());
        assert_eq!(compress(&[7; NOT_WORTH_IT]), None);
        assert!(compress(&[7; NOT_WORTH_IT + 1]).is_some());
        let mut random = vec![0; 4_096];
        getrandom::fill(&mut random).unwrap();
        assert_eq!(compress(&random), None);
    }

    #[test]
    fn what_is_too_long_or_damaged_is_refused_without_being_held() {
        let bomb = compress(&vec![0; 64 * 1024 * 1024]).unwrap();
        assert!(bomb.len() < 10_000);
        assert_eq!(decompress(&bomb, 1024 * 1024), Err(DecompressError::TooLong));
        assert_eq!(
            decompress(&bomb, 64 * 1024 * 1024).unwrap().len(),
            64 * 1024 * 1024
        );
        for damaged in [&bomb[..bomb.len() - 1], b"not zstd", b"\x28\xb5\x2f\xfd", &[]] {
            assert_eq!(
                decompress(damaged, 100 * 1024 * 1024),
                Err(DecompressError::Damaged)
            );
        }
        // A frame that asks for a window of 128 MiB.
        let mut encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
        encoder.window_log(27).unwrap();
        std::io::Write::write_all(&mut encoder, &vec![1; 2_000_000]).unwrap();
        let wide = encoder.finish().unwrap();
        assert_eq!(decompress(&wide, 100_000_000), Err(DecompressError::Damaged));
    }

    #[test]
    fn zstd_is_used_only_where_it_is_asked_for() {
        for field in ["zstd", "gzip, zstd", "gzip;q=1.0, ZSTD;q=0.5"] {
            assert!(accepts(field), "{field}");
        }
        for field in ["", "gzip", "zstd;q=0", "zstd; q=0.000", "*"] {
            assert!(!accepts(field), "{field}");
        }
    }
}
