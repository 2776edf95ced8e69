//! A server in this process, over a private PostgreSQL, with the clock that the phones have too.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

use mso_core::actor::{Acting, Actor, Origin};
use mso_core::ids::{DeviceId, InstitutionId, UserId};
use mso_core::testing::FakeClock;
use mso_core::time::Clock as _;
use mso_server::State;
use mso_server::admin::demo::{self, PASSWORD};
use mso_server::admin::{Change, NewUser};
use mso_server::config::{LogFormat, Settings};
use mso_server::database::embedded::Embedded;
use mso_server::database::{ConnectOptions, Database};
use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use uuid::Uuid;

const START: &str = "2026-11-23T10:00:00Z";
const TEMPLATE: &str = "template_of_lockstep";

/// Stops with the runtime that it was started in.
pub(super) struct Server {
    pub(super) state: State,
    pub(super) clock: Arc<FakeClock>,
    pub(super) url: String,
    /// Reads the database past row-level security.
    pub(super) root: PgPool,
    _folder: tempfile::TempDir,
}

impl Server {
    /// Starts a server with the demo's users and a colleague of the requester.
    pub(super) async fn start() -> Self {
        let options = tokio::task::spawn_blocking(clone_of_template).await.unwrap();
        let root = PgPoolOptions::new()
            .max_connections(1)
            .connect_with(options.clone())
            .await
            .unwrap();
        let database = Database::connect(&ConnectOptions::new(options).with_pool_size(4))
            .await
            .unwrap();
        let clock = Arc::new(FakeClock::at(START.parse().unwrap()));
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings {
            listen: "127.0.0.1:0".parse().unwrap(),
            data: folder.path().to_owned(),
            database_url: None,
            secret: None,
            secret_file: None,
            log_format: LogFormat::Text,
        };
        let state = State::open(&settings, database, clock.clone()).unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let app = mso_server::app(state.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self {
            state,
            clock,
            url,
            root,
            _folder: folder,
        }
    }

    /// The demo's user of this name, in a session.
    pub(super) async fn actor(&self, name: &str) -> Actor {
        let (user, institution, provider): (Uuid, Option<Uuid>, Option<Uuid>) =
            sqlx::query_as("select id, institution_id, provider_id from mso_user where email = $1")
                .bind(email(name))
                .fetch_one(&self.root)
                .await
                .unwrap();
        let acting = match (institution, provider) {
            (Some(institution), _) => Acting::Requester {
                institution: InstitutionId::from_uuid(institution),
            },
            (None, Some(provider)) => Acting::Provider {
                provider: mso_core::ids::ProviderId::from_uuid(provider),
            },
            (None, None) => Acting::Admin,
        };
        Actor {
            user: UserId::from_uuid(user),
            acting,
            origin: Origin::Device(DeviceId::generate(self.clock.now())),
        }
    }
}

pub(super) fn email(name: &str) -> String {
    format!("{name}@demo.example")
}

/// The cluster lives as long as the process; a guardian removes it afterwards.
fn clone_of_template() -> PgConnectOptions {
    static CLUSTER: OnceLock<Embedded> = OnceLock::new();
    static NUMBER: AtomicU32 = AtomicU32::new(1);
    let cluster = CLUSTER.get_or_init(|| {
        let cluster = Embedded::temporary().unwrap();
        cluster.ensure_database(TEMPLATE).unwrap();
        let options = ConnectOptions::new(cluster.connect_options(TEMPLATE));
        tokio::runtime::Runtime::new().unwrap().block_on(seed(&options));
        cluster
    });
    let name = format!("lockstep_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
    cluster.clone_database(TEMPLATE, &name).unwrap();
    cluster.connect_options(&name)
}

async fn seed(options: &ConnectOptions) {
    let database = Database::connect(options).await.unwrap();
    database.migrate().await.unwrap();
    let now = START.parse().unwrap();
    demo::ensure(&database, now).await.unwrap();
    let mut tx = database.begin_scoped(&Actor::SYSTEM).await.unwrap();
    let hospital: Uuid = sqlx::query_scalar("select institution_id from mso_user where email = $1")
        .bind(email("requester"))
        .fetch_one(tx.conn())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let mut change = Change::begin(&database, now).await.unwrap();
    let neighbour = NewUser {
        email: email("neighbour"),
        display_name: "Nils Neighbour".to_owned(),
        password: PASSWORD.to_owned(),
    };
    change
        .create_requester(InstitutionId::from_uuid(hospital), &neighbour)
        .await
        .unwrap();
    change.commit().await.unwrap();
    database.close().await;
}
