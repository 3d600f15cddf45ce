//! A proxy of the environment is used, and hosts that are excepted go without it.

use super::fixture::{DEEP, Fixture, assert_holds};

#[test]
fn everything_goes_through_the_proxy() {
    let mut fixture = Fixture::new();
    fixture.environment.hub = "http://weights.invalid".to_owned();
    fixture.environment.proxies.http = Some(ureq::Proxy::new(&fixture.server.url()).unwrap());
    assert_holds(&fixture.obtain(DEEP).unwrap().path, DEEP, 1);
    assert!(
        fixture
            .server
            .asked()
            .iter()
            .all(|asked| asked.through_proxy)
    );
}

#[test]
fn excepted_hosts_go_without_it() {
    let mut fixture = Fixture::new();
    let address = fixture.server.url();
    let (host, port) = address
        .trim_start_matches("http://")
        .split_once(':')
        .unwrap();
    let proxy = ureq::Proxy::builder(ureq::ProxyProtocol::Http)
        .host(host)
        .port(port.parse().unwrap())
        .no_proxy("127.0.0.1")
        .build()
        .unwrap();
    fixture.environment.proxies.http = Some(proxy);
    fixture.obtain(DEEP).unwrap();
    assert!(
        fixture
            .server
            .asked()
            .iter()
            .all(|asked| !asked.through_proxy)
    );
}
