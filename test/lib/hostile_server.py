#!/usr/bin/python3
"""hostile_server.py PORT CERTIFICATE KEY BEHAVIOUR - a server that a faulty member may run instead of
its own: it has the member's certificate, greets as PostgreSQL does, and then does to each connection
what BEHAVIOUR says. Prints "ready" when it listens and "greeted" for each; ends when it is killed."""
import socket
import ssl
import struct
import sys
import threading
import time


def message(kind, body):
    return kind + struct.pack('!I', len(body) + 4) + body


GREETING = message(b'R', struct.pack('!I', 0)) + message(b'Z', b'I')
COLUMN = struct.pack('!H', 1) + b'x\0' + struct.pack('!IhIhih', 0, 0, 17, -1, -1, 1)
ANSWER = message(b'1', b'') + message(b'2', b'') + message(b'T', COLUMN)


def rows_without_end(client):
    row = message(b'D', struct.pack('!HI', 1, 60000) + b'x' * 60000)
    client.sendall(ANSWER)
    while True:
        client.sendall(row)


def row_without_end(client):
    client.sendall(ANSWER + b'D' + struct.pack('!IHI', 0x3fffffff, 1, 0x3ffffff0))
    while True:
        client.sendall(b'x' * 65536)


def never_reads(client):
    client.sendall(message(b'1', b'') + message(b'Z', b'I'))
    time.sleep(600)


def hangs_up(client):
    client.sendall(message(b'1', b'') + message(b'Z', b'I'))


BEHAVIOURS = {f.__name__: f for f in (rows_without_end, row_without_end, never_reads, hangs_up)}


def serve(client, context, behave):
    try:
        asked = client.recv(8)
        if len(asked) == 8 and struct.unpack('!II', asked)[1] == 80877103:
            client.sendall(b'S')
            client = context.wrap_socket(client, server_side=True)
            client.recv(4096)
        client.sendall(GREETING)
        print('greeted', flush=True)
        behave(client)
    except OSError:
        pass
    client.close()


def main():
    port, certificate, key, behaviour = sys.argv[1:]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    listener = socket.create_server(('127.0.0.1', int(port)), backlog=16)
    print('ready', flush=True)
    while True:
        client, _ = listener.accept()
        threading.Thread(target=serve, args=(client, context, BEHAVIOURS[behaviour]), daemon=True).start()


main()
