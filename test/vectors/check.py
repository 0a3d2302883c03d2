#!/usr/bin/env python3
"""check.py - the golden vectors recomputed by a second hand.

Written from docs/wire-format.md alone, with nothing but Python's standard library: it encodes the
fields of the JSON files, hashes them, verifies both kinds of signature and compares. Run it after
the format changed, or read it as an example of a client: test/vectors/check.py
"""
import hashlib
import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))


# ---- deterministic CBOR: integers, bytes, text, arrays, maps, null ----

def head(major, value):
    if value < 24:
        return bytes([major << 5 | value])
    for size, code in ((1, 24), (2, 25), (4, 26), (8, 27)):
        if value < 1 << 8 * size:
            return bytes([major << 5 | code]) + value.to_bytes(size, "big")
    raise ValueError(value)


class Raw(bytes):
    """Bytes that are CBOR already."""


def encode(value):
    if isinstance(value, Raw):
        return bytes(value)
    if value is None:
        return b"\xf6"
    if isinstance(value, int):
        return head(0, value) if value >= 0 else head(1, -1 - value)
    if isinstance(value, bytes):
        return head(2, len(value)) + value
    if isinstance(value, str):
        return head(3, len(value.encode())) + value.encode()
    return head(4, len(value)) + b"".join(encode(item) for item in value)


# ---- hashes, trees, addresses ----

def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def tree_root(leaves):
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return sha256(b"\x01", tree_root(leaves[:split]), tree_root(leaves[split:]))


def climb(leaf, position, path):
    for level, sibling in enumerate(path):
        pair = (sibling, leaf) if position >> level & 1 else (leaf, sibling)
        leaf = sha256(b"\x01", *pair)
    return leaf


def condition_of(threshold, keys, lock_height=0, hash_lock=None):
    return encode([threshold, [[suite, key] for suite, key in keys], lock_height, hash_lock])


def leaf_of(condition):
    return sha256(b"\x00", b"MES1-condition", condition)


def address_of(root):
    return sha256(b"MES1-address", root)


CHARSET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"


def polymod(values):
    check = 1
    for value in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for i, generator in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            if top >> i & 1:
                check ^= generator
    return check


PREFIX = [ord(c) >> 5 for c in "mes"] + [0] + [ord(c) & 31 for c in "mes"]


def address_text(address):
    number = int.from_bytes(address, "big") << 4
    data = [number >> 5 * i & 31 for i in reversed(range(52))]
    check = polymod(PREFIX + data + [0] * 6) ^ 0x2BC830A3
    data += [check >> 5 * i & 31 for i in reversed(range(6))]
    return "mes1" + "".join(CHARSET[value] for value in data)


def address_bytes(text):
    if len(text) != 62 or (text.lower() != text and text.upper() != text):
        return None
    text = text.lower()
    if not text.startswith("mes1") or any(c not in CHARSET for c in text[4:]):
        return None
    data = [CHARSET.index(c) for c in text[4:]]
    number = 0
    for value in data[:52]:
        number = number << 5 | value
    if polymod(PREFIX + data) != 0x2BC830A3 or number & 15:
        return None
    return (number >> 4).to_bytes(32, "big")


# ---- signatures: RFC 8032 Ed25519 and BIP 340, slow and plain ----

P1 = 2**255 - 19
L1 = 2**252 + 27742317777372353535851937790883648493
D1 = -121665 * pow(121666, -1, P1) % P1


def edwards_x(y, sign):
    square = (y * y - 1) * pow(D1 * y * y + 1, -1, P1) % P1
    x = pow(square, (P1 + 3) // 8, P1)
    if (x * x - square) % P1:
        x = x * pow(2, (P1 - 1) // 4, P1) % P1
    if (x * x - square) % P1:
        return None
    return P1 - x if x & 1 != sign else x


def edwards_add(a, b):
    product = D1 * a[0] * b[0] * a[1] * b[1] % P1
    return ((a[0] * b[1] + a[1] * b[0]) * pow(1 + product, -1, P1) % P1,
            (a[1] * b[1] + a[0] * b[0]) * pow(1 - product, -1, P1) % P1)


def edwards_times(scalar, point):
    total = (0, 1)
    while scalar:
        if scalar & 1:
            total = edwards_add(total, point)
        point = edwards_add(point, point)
        scalar >>= 1
    return total


def edwards_point(data):
    number = int.from_bytes(data, "little")
    y = number & (1 << 255) - 1
    x = edwards_x(y, number >> 255)
    return None if x is None else (x, y)


BASE1 = (edwards_x(4 * pow(5, -1, P1) % P1, 0), 4 * pow(5, -1, P1) % P1)


def ed25519_verify(key, message, signature):
    point, nonce = edwards_point(key), edwards_point(signature[:32])
    scalar = int.from_bytes(signature[32:], "little")
    if point is None or nonce is None or scalar >= L1:
        return False
    digest = hashlib.sha512(signature[:32] + key + message).digest()
    challenge = int.from_bytes(digest, "little") % L1
    return edwards_times(scalar, BASE1) == edwards_add(nonce, edwards_times(challenge, point))


P2 = 2**256 - 2**32 - 977
N2 = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
BASE2 = (0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798,
         0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8)


def curve_add(a, b):
    if a is None or b is None:
        return a or b
    if a[0] == b[0] and (a[1] + b[1]) % P2 == 0:
        return None
    slope = (3 * a[0] * a[0] * pow(2 * a[1], -1, P2) if a == b
             else (b[1] - a[1]) * pow(b[0] - a[0], -1, P2)) % P2
    x = (slope * slope - a[0] - b[0]) % P2
    return x, (slope * (a[0] - x) - a[1]) % P2


def curve_times(scalar, point):
    total = None
    while scalar:
        if scalar & 1:
            total = curve_add(total, point)
        point = curve_add(point, point)
        scalar >>= 1
    return total


def schnorr_verify(key, message, signature):
    x = int.from_bytes(key, "big")
    y = pow(x**3 + 7, (P2 + 1) // 4, P2)
    nonce, scalar = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    if (y * y - x**3 - 7) % P2 or x >= P2 or nonce >= P2 or scalar >= N2:
        return False
    point = (x, y if y % 2 == 0 else P2 - y)
    tag = sha256(b"BIP0340/challenge")
    challenge = int.from_bytes(sha256(tag, tag, signature[:32], key, message), "big") % N2
    found = curve_add(curve_times(scalar, BASE2), curve_times(N2 - challenge, point))
    return found is not None and found[1] % 2 == 0 and found[0] == nonce


VERIFY = {1: ed25519_verify, 2: schnorr_verify}


# ---- the files ----

def load(name):
    with open(os.path.join(HERE, name + ".json")) as file:
        return json.load(file)


def check(found, expected, what):
    if found != expected:
        sys.exit("%s: %r is not %r" % (what, found, expected))


def check_condition(condition):
    keys = [(key["suite"], bytes.fromhex(key["public_key"])) for key in condition["keys"]]
    lock = bytes.fromhex(condition["hash_lock"]) if "hash_lock" in condition else None
    encoded = condition_of(condition["threshold"], keys, condition["lock_height"], lock)
    check(keys, sorted(set(keys)), "keys in order")
    check(encoded.hex(), condition["encoded"], "condition")
    check(leaf_of(encoded).hex(), condition["leaf"], "leaf")
    return encoded


def check_addresses(vectors):
    conditions = {}
    for key in vectors["keys"]:
        condition = condition_of(1, [(key["suite"], bytes.fromhex(key["public_key"]))])
        address = address_of(leaf_of(condition))
        check(address_text(address), key["address"], "address of a key")
    for entry in vectors["addresses"]:
        leaves = [leaf_of(check_condition(condition)) for condition in entry["conditions"]]
        root = tree_root(leaves)
        check(root.hex(), entry["root"], "root of " + entry["name"])
        for leaf, condition in zip(leaves, entry["conditions"]):
            path = [bytes.fromhex(sibling) for sibling in condition["path"]]
            check(climb(leaf, condition["position"], path), root, "path in " + entry["name"])
        check(address_of(root).hex(), entry["address_bytes"], "address of " + entry["name"])
        check(address_text(address_of(root)), entry["address"], "text of " + entry["name"])
        check(address_bytes(entry["address"]), address_of(root), "bytes of " + entry["name"])
        conditions[entry["address"]] = entry["conditions"]
    for text in vectors["not_addresses"]:
        check(address_bytes(text), None, text)


def arguments_of(operation):
    """The arguments of an operation from its detail, as each kind orders them."""
    kind, detail = operation["operation"], operation["detail"]
    metadata = Raw(bytes.fromhex(detail.get("metadata", "")))
    if kind == "issue_asset":
        issuer = address_bytes(detail["issuer"]) if "issuer" in detail else None
        return [detail["asset"], detail["decimals"], int(detail["supply"]), issuer, metadata]
    if kind == "transfer":
        return [[[address_bytes(output["to_address"]), output["asset"], int(output["amount"])]
                 for output in detail["outputs"]], detail["memo"]]
    if kind == "notarise":
        return [bytes.fromhex(detail["document_hash"]), metadata]
    return [detail["asset"], int(detail["amount"])]


def body_of(entry, chain_id):
    operations = []
    for operation in entry["operations"]:
        arguments = encode(arguments_of(operation))
        check(arguments.hex(), operation["arguments"], "arguments in " + entry["name"])
        operations.append([operation["kind"], operation["actor"], arguments])
    return encode([
        1, chain_id, address_bytes(entry["sender"]),
        [address_bytes(actor) for actor in entry["actors"]],
        entry["valid_from_ms"], entry["valid_until_ms"], bytes.fromhex(entry["submission"]),
        entry["reference"], int(entry["fee"]),
        [[bytes.fromhex(spent["txid"]), spent["output_index"], int(spent["height"])]
         for spent in entry["inputs"]],
        operations,
        [[change["actor"], change["asset"], int(change["amount"])] for change in entry["change"]],
    ])


def decode(data, at=0):
    """One item and where the next begins; enough for witnesses, which are canonical here."""
    major, value = data[at] >> 5, data[at] & 31
    at += 1
    if value >= 24 and major != 7:
        size = 1 << value - 24
        value = int.from_bytes(data[at:at + size], "big")
        at += size
    if major == 0:
        return value, at
    if major in (2, 3):
        return data[at:at + value], at + value
    if major == 7:
        return None, at
    items = []
    for _ in range(value):
        item, at = decode(data, at)
        items.append(item)
    return items, at


def check_witnesses(entry, body, signing_hash):
    envelope = bytes.fromhex(entry["envelope"])
    check(envelope[1:1 + len(body)], body, "body of " + entry["name"])
    witnesses, end = decode(envelope, 1 + len(body))
    check(end, len(envelope), "end of " + entry["name"])
    actors = [entry["sender"]] + entry["actors"]
    check(len(witnesses), len(actors), "witnesses of " + entry["name"])
    for actor, (condition, position, path, signatures, preimage) in zip(actors, witnesses):
        threshold, keys, _, hash_lock = condition
        root = climb(leaf_of(encode(condition)), position, path)
        check(address_text(address_of(root)), actor, "signer of " + entry["name"])
        check(len(signatures), threshold, "signatures of " + entry["name"])
        check(sha256(preimage) if preimage else None, hash_lock, "lock of " + entry["name"])
        for index, signature in signatures:
            suite, key = keys[index]
            check(VERIFY[suite](key, signing_hash, signature), True, entry["name"])


def check_envelopes(vectors):
    chain_id = bytes.fromhex(vectors["chain_id"])
    for entry in vectors["envelopes"]:
        body = body_of(entry, chain_id)
        check(body.hex(), entry["body"], "body of " + entry["name"])
        txid = sha256(b"MES1-txid", body)
        check(txid.hex(), entry["txid"], "txid of " + entry["name"])
        signing_hash = sha256(b"MES1-sign-tx", chain_id, txid)
        check(signing_hash.hex(), entry["signing_hash"], "signing hash of " + entry["name"])
        body_id = sha256(b"MES1-body", bytes.fromhex(entry["envelope"]))
        check(body_id.hex(), entry["body_id"], "body id of " + entry["name"])
        check_witnesses(entry, body, signing_hash)


def check_receipts(vectors):
    for entry in vectors["receipts"]:
        receipt = encode([bytes.fromhex(entry["txid"]), entry["status"], entry["operation_index"],
                          int(entry["number"]), int(entry["limit"]), entry["name"]])
        check(receipt.hex(), entry["receipt"], "receipt")
        check(sha256(b"\x00MES1-receipt", receipt).hex(), entry["leaf"], "leaf of a receipt")


check_addresses(load("addresses"))
check_envelopes(load("envelopes"))
check_receipts(load("receipts"))
print("addresses, envelopes and receipts agree")
