//! Keys, digests and signatures in what the chat signs: byte strings of their length.

use minicbor::decode::Error;
use minicbor::encode::{self, Write};
use minicbor::{Decode, Decoder, Encode, Encoder};

use super::{PublicKey, Sha256Hash, Signature};

macro_rules! byte_string {
    ($Type:ty, $from:expr) => {
        impl<C> Encode<C> for $Type {
            fn encode<W: Write>(
                &self,
                encoder: &mut Encoder<W>,
                _: &mut C,
            ) -> Result<(), encode::Error<W::Error>> {
                encoder.bytes(self.as_bytes())?.ok()
            }
        }

        impl<'b, C> Decode<'b, C> for $Type {
            fn decode(decoder: &mut Decoder<'b>, _: &mut C) -> Result<Self, Error> {
                $from(decoder.bytes()?).map_err(Error::custom)
            }
        }
    };
}

byte_string!(PublicKey, PublicKey::from_bytes);
byte_string!(Signature, Signature::from_bytes);
byte_string!(Sha256Hash, Sha256Hash::try_from);
