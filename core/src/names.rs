//! Enums whose values have one name each: on the wire, in the database and in the feed.
//!
//! The invariant: the name is written once, so no two places can differ about it.

/// An enum made by [`named!`](crate::named).
pub trait Named: Copy + 'static {
    /// The name of this value, in ASCII.
    fn name(self) -> &'static str;

    /// The value with this name, if this build knows it.
    fn from_name(name: &str) -> Option<Self>;
}

/// Declares an enum together with the names of its values: `ALL` in the order written, `name`, `from_name`, [`Named`],
/// and serde's traits by the same names.
#[macro_export]
macro_rules! named {
    (
        $(#[$meta:meta])*
        $vis:vis enum $Enum:ident {
            $($(#[$doc:meta])* $Variant:ident = $name:literal,)+
        }
    ) => {
        $(#[$meta])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, ::serde::Serialize, ::serde::Deserialize,
        )]
        $vis enum $Enum {
            $($(#[$doc])* #[serde(rename = $name)] $Variant,)+
        }

        impl $Enum {
            /// Every value, in the order written here.
            $vis const ALL: [Self; [$($name),+].len()] = [$(Self::$Variant),+];

            /// The name on the wire and in the database.
            #[must_use]
            $vis const fn name(self) -> &'static str {
                match self { $(Self::$Variant => $name,)+ }
            }

            /// The value with this name, if this build knows it.
            #[must_use]
            $vis fn from_name(name: &str) -> Option<Self> {
                Self::ALL.into_iter().find(|value| value.name() == name)
            }
        }

        impl $crate::names::Named for $Enum {
            fn name(self) -> &'static str {
                Self::name(self)
            }

            fn from_name(name: &str) -> Option<Self> {
                Self::from_name(name)
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use crate::cases::CaseStatus;
    use crate::patients::IdentifierKind;

    #[test]
    fn the_name_is_the_wire_form() {
        for kind in IdentifierKind::ALL {
            let wire = serde_json::to_value(kind).expect("serializes");
            assert_eq!(wire, kind.name());
            assert_eq!(serde_json::from_value::<IdentifierKind>(wire).ok(), Some(kind));
            assert_eq!(IdentifierKind::from_name(kind.name()), Some(kind));
        }
    }

    #[test]
    fn an_unknown_name_is_no_value() {
        assert_eq!(CaseStatus::from_name("Lost"), None);
        assert!(serde_json::from_str::<CaseStatus>("\"Lost\"").is_err());
    }
}
