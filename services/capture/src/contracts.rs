//! Which contracts a capture carries out.

use bangioc_schemas::catalogue::Catalogue;
use bangioc_schemas::contract::Contract;

use crate::error::CaptureError;

pub(crate) fn contracts_of(
    catalogue: &Catalogue,
    source: &str,
) -> Result<Vec<Contract>, CaptureError> {
    let contracts: Vec<Contract> =
        catalogue.active().filter(|contract| contract.source.source == source).cloned().collect();
    if contracts.is_empty() {
        Err(CaptureError::NoContracts { source_name: source.to_owned() })
    } else {
        Ok(contracts)
    }
}
