//! Addresses as they may be shown and written down. Pure, any thread.

/// The address without a password and without what follows a question mark, which is often one as well. Of
/// what is no address, as little is left as can be told from a password.
#[must_use]
pub fn without_secrets(address: &str) -> String {
    let (scheme, rest) = match address.find("://") {
        Some(end) => address.split_at(end + "://".len()),
        None => ("", address),
    };
    let (host, _) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let (shown, hidden) = rest.split_at(rest.find(['?', '#']).unwrap_or(rest.len()));
    if !scheme.is_empty() && has_number_for_port(host) {
        let path = shown.get(host.len()..).unwrap_or_default();
        format!("{scheme}{}{path}", after_at(host))
    } else if hidden.contains('@') {
        // The question mark may stand in the password, or the `@` after the question mark.
        format!("{scheme}…")
    } else {
        format!("{scheme}{}", after_at(shown))
    }
}

/// False where something else than a port follows the host: then a password goes on beyond it.
fn has_number_for_port(host: &str) -> bool {
    let host = after_at(host);
    let after_brackets = host.rsplit_once(']').map_or(host, |(_, rest)| rest);
    after_brackets
        .rsplit_once(':')
        .is_none_or(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()))
}

fn after_at(text: &str) -> &str {
    text.rsplit_once('@').map_or(text, |(_, rest)| rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_and_tokens_are_left_out() {
        for (address, shown) in [
            ("https://me:secret@host:1/a@b?token=1", "https://host:1/a@b"),
            ("https://host/{file}#token", "https://host/{file}"),
            ("https://me:secret@[::1]:80/a@b", "https://[::1]:80/a@b"),
            ("https://host?to=me@secret", "https://host"),
            ("https://host", "https://host"),
            ("nothing", "nothing"),
            ("", ""),
            // None of these can be used, and they are shown for that very reason.
            ("me:secret@mirror/{file}?sig=secret", "mirror/{file}"),
            ("https:/me:secret@mirror/a?secret", "mirror/a"),
            ("https//me:secret@mirror", "mirror"),
            ("https://me:sec/ret@mirror/a", "https://mirror/a"),
            ("https://me:sec?ret@mirror/a?secret", "https://…"),
            ("mirror/{file}?sig=se@cret", "…"),
        ] {
            assert_eq!(without_secrets(address), shown, "{address}");
        }
    }
}
