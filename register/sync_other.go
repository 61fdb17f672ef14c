//go:build !linux

package register

const manyFiles = 1 << 30

func syncAll(string) (ok bool, err error) { return false, nil }
