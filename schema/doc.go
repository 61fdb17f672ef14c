// Package schema describes what a licence payload must look like, and reports what is
// wrong with one. The rules are JSON Schema (draft 2020-12, formats asserted): the
// payloads of Kong Gateway and Kong Mesh and the entitlement payload are built in,
// and so are the documents around them. A vendor brings a schema of its own.
//
// [Schema.Validate] is for a payload that is about to be signed, [Schema.Judge] for
// one that somebody else has signed.
//
//	err := schema.Kong().Validate(payload)
//	var broken *schema.Error
//	if errors.As(err, &broken) {
//		for _, v := range broken.Violations {
//			fmt.Println(v)
//		}
//	}
//
// # A vendor's schema
//
// It is a JSON Schema file of draft 2020-12 (the default), 2019-09 or 07, whose
// top-level object may have the member "x-licseal". That names, as JSON Pointers
// (RFC 6901) into the payload, the fields that licseal itself has to understand:
//
//	{
//	  "type": "object",
//	  "required": ["serial", "from", "until"],
//	  "additionalProperties": false,
//	  "properties": {
//	    "serial": {"type": "string"},
//	    "from":   {"type": "string", "format": "date"},
//	    "until":  {"type": "string", "format": "date"}
//	  },
//	  "x-licseal": {
//	    "roles": {"id": "/serial", "not_before": "/from", "not_after": "/until"}
//	  }
//	}
//
// The roles are id, customer, product, not_before, not_after and grace_days. One
// that is not named stands for the field of Kong's payload, which has none for
// grace_days. It is an error if a role has another name, or if its pointer leads to
// a field that the schema does not describe, or below one that has no members, such
// as a string. The built-in schema x-licseal describes the object.
//
// A "$ref" may lead to a place in the same file, to a built-in schema by its
// "$id" (https://licseal.github.io/schema/kong.json#/$defs/date), or to a file
// in the folder of the schema or below it, by a relative path without "..". Nothing
// else is read, and nothing is ever fetched. An unknown format is an error, since it
// would not be checked. An unknown keyword has no effect in JSON Schema;
// [Schema.Warnings] reports those.
//
// # Limits
//
// A schema may come from anywhere, so its size, its number of files and the
// work that it may make are bounded, that of its regular expressions included. A
// schema that exceeds a bound is refused with an error that says which.
package schema
