//! What orders is told by its environment.

use std::time::Duration;

use common::config::{ConfigError, Env, FromEnv, ServiceConfig};

use crate::domain::placing::Terms;

/// The configuration of orders.
#[derive(Debug, Clone)]
pub struct Config {
    /// What every service is told.
    pub service: ServiceConfig,
    /// `ORDER_HOLD_SECS`: how long a buyer has to pay; 1 second to a day, default 900. And
    /// `MAX_OPEN_ORDERS_PER_BUYER`: how many unpaid orders a buyer may have at once; 1 to 100, default 4.
    pub terms: Terms,
}

impl FromEnv for Config {
    fn read(env: &Env) -> Result<Self, ConfigError> {
        Ok(Self {
            service: ServiceConfig::read(env)?,
            terms: Terms {
                hold: Duration::from_secs(env.within("ORDER_HOLD_SECS", 1..=86_400, 900)?),
                max_open_orders: env.within("MAX_OPEN_ORDERS_PER_BUYER", 1..=100, 4)?,
            },
        })
    }
}

impl AsRef<ServiceConfig> for Config {
    fn as_ref(&self) -> &ServiceConfig {
        &self.service
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buyer_has_a_quarter_of_an_hour_and_four_orders_unless_told_otherwise() {
        let terms = Config::read(&Env::default()).unwrap().terms;
        assert_eq!((terms.hold, terms.max_open_orders), (Duration::from_mins(15), 4));
        let env = Env::of([("ORDER_HOLD_SECS", "5"), ("MAX_OPEN_ORDERS_PER_BUYER", "1")]);
        let terms = Config::read(&env).unwrap().terms;
        assert_eq!((terms.hold, terms.max_open_orders), (Duration::from_secs(5), 1));
    }

    #[test]
    fn a_hold_that_makes_no_sense_stops_the_start() {
        let refused = Config::read(&Env::of([("ORDER_HOLD_SECS", "0")])).unwrap_err();
        assert!(refused.to_string().contains("ORDER_HOLD_SECS"), "{refused}");
    }
}
