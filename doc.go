// Package licseal reads and writes software licences that can be checked
// without a network.
//
// A licence is a small JSON document (I-JSON, RFC 7493). It is the format of the
// Kong Gateway Admin API; a payload may have any fields, these are Kong's:
//
//	{"license":{
//	  "payload":{
//	    "admin_seats":"5",
//	    "customer":"Example Company, Inc",
//	    "dataplanes":"2",
//	    "license_creation_date":"2026-01-01",
//	    "license_expiration_date":"2027-01-01",
//	    "license_key":"LS-0001",
//	    "product_subscription":"Konnect Enterprise",
//	    "support_plan":"None"},
//	  "signature":"9cfb…",
//	  "version":"1"}}
//
// What is signed is the canonical form (RFC 8785) of the payload object, and
// nothing else: with an Ed25519 key (RFC 8032) the 64 signature bytes are over
// those bytes; with an ECDSA key on P-256 (FIPS 186-5) they are r and s, 32
// bytes each, over their SHA-256, with s in the lower half of its range. The
// key decides the algorithm, the document never does. SPEC.md has every detail.
//
// This package is the document: strict parsing, the canonical form, the types.
// Package sign makes licences, package verify is the only way to trust one.
package licseal
