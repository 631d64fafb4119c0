"""Which network addresses are outside, where anybody may reach them; everything else is inside."""

from ipaddress import IPv4Address, IPv6Address, ip_network

# What the world's addresses are given out of; every other IPv6 address is local, reserved or a form of something else.
GIVEN_OUT = ip_network("2000::/3")
# Not reached by anybody outside, whatever the standard library of this Python says of them.
NEVER = [
    ip_network(each)
    for each in (
        "0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.88.99.0/24", "198.18.0.0/15", "224.0.0.0/3",
        "168.63.129.16/32",  # a cloud's own services, to be seen from inside it only
        "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
    )
]  # fmt: skip
# IPv6 addresses that stand for an IPv4 address, which their last 32 bits are.
STANDING_FOR_IPV4 = [ip_network(each) for each in ("::ffff:0:0/96", "64:ff9b::/96")]


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether an address is outside; one that stands for another is judged as that other."""
    if any(address in each for each in STANDING_FOR_IPV4):
        address = IPv4Address(int(address) & 0xFFFFFFFF)
    if address.version == 6 and address not in GIVEN_OUT:
        return False
    return address.is_global and not address.is_multicast and not any(address in each for each in NEVER)
