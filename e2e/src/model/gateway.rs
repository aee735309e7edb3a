//! The gateway, as a stranger would describe it: what it has done under a reference, and what each request
//! does to that. Every request is idempotent by the reference, as the contract of a gateway demands.

use common::events::payment::DeclineReason;
use payments::domain::{Call, GatewayState};

use super::cast::card;

/// What the gateway has done under one of our references.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Money {
    /// Nothing: it has never heard of it.
    Unseen,
    /// It asks the owner of the card to confirm.
    ToConfirm,
    /// It has reserved the money.
    Reserved,
    /// It has said no.
    Refused,
    /// It has charged.
    Charged,
    /// It has released the money, or will never reserve any.
    Released,
    /// It has given the money back.
    Returned,
}

/// How the bank behind the gateway answers, where it has a choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Bank {
    /// It agrees.
    Agrees,
    /// It refuses.
    Refuses,
    /// It wants the owner of the card to confirm first.
    Asks,
}

/// The requests to one reference that are still on their way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Flights(u8);

/// The requests that have an effect.
pub const EFFECTS: [Call; 4] = [Call::Authorize, Call::Capture, Call::Void, Call::Refund];

impl Flights {
    /// With this one.
    #[must_use]
    pub fn with(self, call: Call) -> Self {
        Self(self.0 | bit(call))
    }

    /// Without this one.
    #[must_use]
    pub fn without(self, call: Call) -> Self {
        Self(self.0 & !bit(call))
    }

    /// Those that could make something of this, now or later. Where nobody can tell whether a request is still
    /// on its way, it need not be told, which saves most of the states.
    #[must_use]
    pub fn that_matter(self, money: Money) -> Self {
        EFFECTS
            .into_iter()
            .filter(|call| !money.is_beyond(*call))
            .fold(Self::default(), |left, call| if self.has(call) { left.with(call) } else { left })
    }

    /// Whether this one is on its way.
    pub fn has(self, call: Call) -> bool {
        self.0 & bit(call) != 0
    }
}

const fn bit(call: Call) -> u8 {
    match call {
        Call::Lookup => 0,
        Call::Authorize => 1,
        Call::Capture => 2,
        Call::Void => 4,
        Call::Refund => 8,
    }
}

impl Money {
    /// What a request makes of it.
    #[must_use]
    pub fn after(self, call: Call, bank: Bank) -> Self {
        match (call, self, bank) {
            (Call::Authorize, Self::Unseen, Bank::Agrees) => Self::Reserved,
            (Call::Authorize, Self::Unseen, Bank::Asks) => Self::ToConfirm,
            (Call::Authorize, Self::Unseen, Bank::Refuses)
            | (Call::Capture, Self::Reserved, Bank::Refuses) => Self::Refused,
            (Call::Capture, Self::Reserved, Bank::Agrees | Bank::Asks) => Self::Charged,
            (Call::Void, Self::Unseen | Self::ToConfirm | Self::Reserved, _) => Self::Released,
            (Call::Refund, Self::Charged, _) => Self::Returned,
            (Call::Lookup | Call::Authorize | Call::Capture | Call::Void | Call::Refund, _, _) => self,
        }
    }

    /// Whether this request makes nothing of it, nor of anything that may become of it.
    pub const fn is_beyond(self, call: Call) -> bool {
        let matters = match call {
            Call::Lookup => false,
            Call::Authorize => matches!(self, Self::Unseen),
            Call::Capture | Call::Void => matches!(self, Self::Unseen | Self::ToConfirm | Self::Reserved),
            Call::Refund => !matches!(self, Self::Refused | Self::Released | Self::Returned),
        };
        !matters
    }

    /// Between what the bank can choose when this request arrives.
    pub fn choices(self, call: Call) -> &'static [Bank] {
        match (call, self) {
            (Call::Authorize, Self::Unseen) => &[Bank::Agrees, Bank::Refuses, Bank::Asks],
            (Call::Capture, Self::Reserved) => &[Bank::Agrees, Bank::Refuses],
            (Call::Lookup | Call::Authorize | Call::Capture | Call::Void | Call::Refund, _) => {
                &[Bank::Agrees]
            }
        }
    }

    /// Whether the buyer is short of money that nobody has earned.
    pub const fn is_open(self) -> bool {
        match self {
            Self::ToConfirm | Self::Reserved => true,
            Self::Unseen | Self::Refused | Self::Charged | Self::Released | Self::Returned => false,
        }
    }

    /// As payments is answered.
    pub fn told(self) -> GatewayState {
        match self {
            Self::Unseen => GatewayState::NeverSeen,
            Self::ToConfirm => GatewayState::RequiresAction,
            Self::Reserved => GatewayState::Authorized(card()),
            Self::Refused => GatewayState::Declined(DeclineReason::CardDeclined, Some(card())),
            Self::Charged => GatewayState::Captured(card()),
            Self::Released => GatewayState::Voided,
            Self::Returned => GatewayState::Refunded,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MONEY: [Money; 7] = [
        Money::Unseen,
        Money::ToConfirm,
        Money::Reserved,
        Money::Refused,
        Money::Charged,
        Money::Released,
        Money::Returned,
    ];
    const BANKS: [Bank; 3] = [Bank::Agrees, Bank::Refuses, Bank::Asks];

    /// What may become of it with one more request, or by the word of the owner of the card.
    fn next(money: Money) -> Vec<Money> {
        let asked = EFFECTS.into_iter().flat_map(|call| BANKS.map(|bank| money.after(call, bank)));
        let confirmed = [Money::Reserved, Money::Refused].into_iter().filter(|_| money == Money::ToConfirm);
        asked.chain(confirmed).filter(|next| *next != money).collect()
    }

    fn ever(money: Money) -> Vec<Money> {
        let later = next(money).into_iter().flat_map(ever);
        [money].into_iter().chain(later).collect()
    }

    #[test]
    fn a_request_is_forgotten_exactly_when_it_can_change_nothing_any_more() {
        for money in MONEY {
            for call in EFFECTS {
                let changes = |money: Money| BANKS.iter().any(|bank| money.after(call, *bank) != money);
                let matters = ever(money).into_iter().any(changes);
                assert_eq!(money.is_beyond(call), !matters, "{call:?} of {money:?}");
            }
        }
    }
}
