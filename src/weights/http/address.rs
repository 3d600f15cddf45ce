//! Addresses as they may be shown and written down. Pure, any thread.

/// The address without a password and without what follows a question mark, which is often one as well.
pub(in crate::weights) fn without_secrets(url: &str) -> String {
    let (url, _) = url.split_once('?').unwrap_or((url, ""));
    let Some((scheme, rest)) = url.split_once("://") else {
        return url.to_owned();
    };
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    format!("{scheme}://{host}{path}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_and_tokens_are_left_out() {
        for (url, shown) in [
            ("https://me:secret@host:1/a@b?token=1", "https://host:1/a@b"),
            ("https://host", "https://host"),
            ("nothing", "nothing"),
        ] {
            assert_eq!(without_secrets(url), shown);
        }
    }
}
