//! Two sides that have nothing to do with each other: an institution and its expert, and others. Both have rows in every
//! table. And attempts of one login, with its own honest context, as SQL.

use mso_core::actor::Actor;
use mso_core::command::Command;
use sqlx::{AssertSqlSafe, Connection as _};
use uuid::Uuid;

use crate::commands::world::World;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Login {
    Requester,
    Provider,
}

impl Login {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Requester => "mso_requester",
            Self::Provider => "mso_provider",
        }
    }
}

/// The requester `amal` with the expert `noor`, and the requester `basma` with the expert `omar`: a done case each, and
/// one under review.
pub(super) async fn two_sides() -> World {
    let mut world = World::new().await;
    one_side(&world, "1").await;
    std::mem::swap(&mut world.requester, &mut world.stranger);
    std::mem::swap(&mut world.cardiologist, &mut world.generalist);
    one_side(&world, "2").await;
    let rest = include_str!("sides.sql");
    sqlx::raw_sql(rest).execute(&world.root).await.unwrap();
    world
}

async fn one_side(world: &World, number: &str) {
    let patient = world.verified_patient(number).await;
    let expert = world.cardiologist;
    let open = world.new_case(patient).await;
    world.in_progress(open, &expert).await;
    let done = world.new_case(patient).await;
    let token = world.in_progress(done, &expert).await;
    let submit = Command::SubmitRecommendation(world.submit_recommendation(done));
    world.apply(&expert, submit, Some(token)).await;
}

/// What the attacker and the victims are called in [`super::ownership`].
pub(super) struct Attacker {
    pub(super) login: Login,
    pub(super) actor: Actor,
    /// Under the role for consequences.
    pub(super) effects: bool,
}

impl Attacker {
    /// Every way in which one side may act.
    pub(super) fn all(world: &World) -> Vec<Self> {
        let mut all = Vec::new();
        for (login, actor) in [
            (Login::Requester, world.requester),
            (Login::Provider, world.cardiologist),
        ] {
            for effects in [false, true] {
                all.push(Self {
                    login,
                    actor,
                    effects,
                });
            }
        }
        all
    }

    /// A condition of [`super::ownership`] with this actor's ids.
    pub(super) fn ids_in(&self, condition: &str, world: &World) -> String {
        let parties: Vec<String> = self.actor.parties().iter().map(ToString::to_string).collect();
        let (institution, expert) = (
            world.requester.institution().unwrap().to_string(),
            world.cardiologist.provider().unwrap().to_string(),
        );
        let party = match self.login {
            Login::Requester => &institution,
            Login::Provider => &expert,
        };
        condition
            .replace("{parties}", &format!("{{{}}}", parties.join(",")))
            .replace("{user}", &self.actor.user.to_string())
            .replace("{party}", party)
            .replace("{institution}", &institution)
            .replace("{expert}", &expert)
    }

    /// Number of rows affected or read, or the constraint or the code of the refusal. Nothing stays.
    pub(super) async fn tries(&self, world: &World, sql: &str, keys: &[String]) -> Result<u64, String> {
        let mut connection = world.log_in(self.login.name()).await;
        let mut tx = connection.begin().await.unwrap();
        let text = |id: Option<Uuid>| id.map(|id| id.to_string()).unwrap_or_default();
        let parties: Vec<String> = self.actor.parties().iter().map(ToString::to_string).collect();
        sqlx::query(
            "select set_config('mso.user', $1, true), set_config('mso.institution', $2, true),
                    set_config('mso.provider', $3, true), set_config('mso.parties', $4, true)",
        )
        .bind(self.actor.user.to_string())
        .bind(text(self.actor.institution().map(|id| id.as_uuid())))
        .bind(text(self.actor.provider().map(|id| id.as_uuid())))
        .bind(parties.join(","))
        .execute(&mut *tx)
        .await
        .unwrap();
        if self.effects {
            sqlx::query("set local role mso_effects")
                .execute(&mut *tx)
                .await
                .unwrap();
        }
        let mut query = sqlx::query(AssertSqlSafe(sql));
        if !keys.is_empty() {
            query = query.bind(keys);
        }
        let mut answer = query.execute(&mut *tx).await;
        if answer.is_ok() {
            let checked = sqlx::query("set constraints all immediate")
                .execute(&mut *tx)
                .await;
            answer = checked.and(answer);
        }
        drop(tx);
        connection.close().await.unwrap();
        answer.map(|done| done.rows_affected()).map_err(|error| {
            let error = error.into_database_error().expect("no answer of the database");
            let constraint = error.constraint().map(str::to_owned);
            constraint.unwrap_or_else(|| error.code().unwrap().into_owned())
        })
    }
}
