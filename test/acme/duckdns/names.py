"""The name server of the domain, over UDP and TCP."""

import socket
import socketserver
import struct

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

from records import Records

TTL = 60
"""Seconds, as DuckDNS gives its records."""


class Names:
    """Answers questions about names below the domains.

    Args:
        records: addresses and TXT record of the domain at DuckDNS
        zone: DuckDNS's own zone, such as `duckdns.org`
        others: domains of somebody else, which have addresses and no TXT records
    """

    def __init__(self, records: Records, zone, others):
        self.records = records
        self.domain = dns.name.from_text(f"{records.domain}.{zone}")
        self.zone = dns.name.from_text(zone)
        self.others = [dns.name.from_text(other) for other in others]

    def answer(self, wire, stream):
        """The answer to a question in wire format; None when there is to be none.

        Args:
            stream: whether it came over TCP
        """
        try:
            question = dns.message.from_wire(wire)
        except dns.exception.DNSException:
            return None
        fault = self.records.settings["dnsFault"]
        if fault == "silent":
            return None
        response = dns.message.make_response(question, recursion_available=True)
        response.flags |= dns.flags.AA
        if fault == "servfail" or (fault == "servfail-tcp" and stream):
            response.set_rcode(dns.rcode.SERVFAIL)
            return response
        name, kind = question.question[0].name, question.question[0].rdtype
        below = name.is_subdomain(self.domain)
        if not below and not any(name.is_subdomain(other) for other in self.others):
            response.set_rcode(dns.rcode.NOERROR if self.zone.is_subdomain(name) else dns.rcode.NXDOMAIN)
        elif kind == dns.rdatatype.TXT and below:
            # Never set or cleared, DuckDNS answers with an empty text.
            response.answer.append(dns.rrset.from_text(name, TTL, "IN", "TXT", f'"{self.records.text()}"'))
        elif address := self.address(kind, below):
            response.answer.append(dns.rrset.from_text(name, TTL, "IN", kind, address))
        return response

    def address(self, kind, below):
        """The address record of a type that names have; empty for none."""
        host = self.records.settings["addressOf"]
        if host and kind == dns.rdatatype.A:
            return address_of(host)
        if host or not below:
            return ""
        families = {dns.rdatatype.A: "ip", dns.rdatatype.AAAA: "ipv6"}
        return self.records.address(families[kind]) if kind in families else ""


def address_of(host):
    """The IPv4 address of a container by its name in the network; empty when there is none."""
    try:
        return socket.gethostbyname(host)
    except OSError:
        return ""


def servers(names, port):
    """A server for each of UDP and TCP, not yet running."""

    class Datagram(socketserver.BaseRequestHandler):
        """One question in one packet."""

        def handle(self):
            """Answers it."""
            wire, sender = self.request
            response = names.answer(wire, stream=False)
            if response is not None:
                sender.sendto(response.to_wire(), self.client_address)

    class Stream(socketserver.StreamRequestHandler):
        """Questions with their length before them."""

        def handle(self):
            """Answers them until the caller has no more."""
            while len(head := self.rfile.read(2)) == 2:
                response = names.answer(self.rfile.read(struct.unpack("!H", head)[0]), stream=True)
                if response is None:
                    return
                wire = response.to_wire()
                self.wfile.write(struct.pack("!H", len(wire)) + wire)

    socketserver.ThreadingTCPServer.allow_reuse_address = True
    socketserver.ThreadingTCPServer.daemon_threads = True
    return (
        socketserver.ThreadingUDPServer(("", port), Datagram),
        socketserver.ThreadingTCPServer(("", port), Stream),
    )
