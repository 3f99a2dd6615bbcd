// tests/integration/notes/verify.go: checks our checkpoints and proofs with code that is not ours.
//
// It knows the Go checksum database's note and tlog packages and nothing of Cartella, so it answers
// what a third party would. Debian: golang-golang-x-mod-dev. Build without modules:
//
//	GO111MODULE=off GOPATH=/usr/share/gocode go build -o verify verify.go
//
// Usage (every argument is a file):
//
//	verify checkpoint VKEY CHECKPOINT
//	verify inclusion VKEY LEAF PROOF              PROOF is a tlog-proof, LEAF the 256 bytes
//	verify consistency VKEY OLD NEW HASHES        OLD, NEW checkpoints; HASHES Base64 lines
//	verify growth VKEY OLD PROOF                  PROOF: "old N", hashes, the new checkpoint
//
// Exit status 0: verified, prints what; 1: refused, prints why; 2: usage.
package main

import (
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const proofHeader = "c2sp.org/tlog-proof@v1\n"

type checkpoint struct {
	origin string
	size   int64
	root   tlog.Hash
}

func parseHash(text string) (tlog.Hash, error) {
	var hash tlog.Hash
	raw, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil {
		return hash, err
	}
	if len(raw) != len(hash) {
		return hash, errors.New("a hash has 32 bytes")
	}
	copy(hash[:], raw)
	return hash, nil
}

func parseHashes(text string) ([]tlog.Hash, error) {
	var hashes []tlog.Hash
	for _, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		if line == "" {
			continue
		}
		hash, err := parseHash(line)
		if err != nil {
			return nil, err
		}
		hashes = append(hashes, hash)
	}
	return hashes, nil
}

func openCheckpoint(vkey, text string) (checkpoint, error) {
	verifier, err := note.NewVerifier(strings.TrimSpace(vkey))
	if err != nil {
		return checkpoint{}, err
	}
	opened, err := note.Open([]byte(text), note.VerifierList(verifier))
	if err != nil {
		return checkpoint{}, err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) < 4 {
		return checkpoint{}, errors.New("a checkpoint has three lines")
	}
	if lines[0] != verifier.Name() {
		return checkpoint{}, errors.New("origin and key name differ")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || strconv.FormatInt(size, 10) != lines[1] {
		return checkpoint{}, errors.New("malformed tree size")
	}
	root, err := parseHash(lines[2])
	return checkpoint{lines[0], size, root}, err
}

func verifyInclusion(vkey, leaf, proof string) (string, error) {
	if !strings.HasPrefix(proof, proofHeader) {
		return "", errors.New("not a tlog-proof")
	}
	head, note, found := strings.Cut(proof[len(proofHeader):], "\n\n")
	if !found {
		return "", errors.New("no checkpoint in the proof")
	}
	if strings.HasPrefix(head, "extra ") {
		_, head, _ = strings.Cut(head, "\n")
	}
	indexLine, hashLines, _ := strings.Cut(head, "\n")
	index, err := strconv.ParseInt(strings.TrimPrefix(indexLine, "index "), 10, 64)
	if err != nil {
		return "", err
	}
	hashes, err := parseHashes(hashLines)
	if err != nil {
		return "", err
	}
	tree, err := openCheckpoint(vkey, note)
	if err != nil {
		return "", err
	}
	err = tlog.CheckRecord(hashes, tree.size, tree.root, index, tlog.RecordHash([]byte(leaf)))
	return fmt.Sprintf("leaf %d is in %s at size %d", index, tree.origin, tree.size), err
}

func verifyConsistency(vkey, before, after, hashLines string) (string, error) {
	first, err := openCheckpoint(vkey, before)
	if err != nil {
		return "", err
	}
	second, err := openCheckpoint(vkey, after)
	if err != nil {
		return "", err
	}
	hashes, err := parseHashes(hashLines)
	if err != nil {
		return "", err
	}
	err = tlog.CheckTree(hashes, second.size, second.root, first.size, first.root)
	return fmt.Sprintf("%s grew from %d to %d", first.origin, first.size, second.size), err
}

func verifyGrowth(vkey, before, proof string) (string, error) {
	head, after, found := strings.Cut(proof, "\n\n")
	if !found {
		return "", errors.New("no checkpoint in the proof")
	}
	oldLine, hashLines, _ := strings.Cut(head, "\n")
	first, err := openCheckpoint(vkey, before)
	if err != nil {
		return "", err
	}
	if oldLine != "old "+strconv.FormatInt(first.size, 10) {
		return "", errors.New("the proof starts from another size")
	}
	return verifyConsistency(vkey, before, after, hashLines)
}

func run(command string, files []string) (string, error) {
	switch {
	case command == "checkpoint" && len(files) == 2:
		tree, err := openCheckpoint(files[0], files[1])
		return fmt.Sprintf("%s is signed at size %d", tree.origin, tree.size), err
	case command == "inclusion" && len(files) == 3:
		return verifyInclusion(files[0], files[1], files[2])
	case command == "consistency" && len(files) == 4:
		return verifyConsistency(files[0], files[1], files[2], files[3])
	case command == "growth" && len(files) == 3:
		return verifyGrowth(files[0], files[1], files[2])
	}
	fmt.Fprintln(os.Stderr, "usage: verify checkpoint|inclusion|consistency|growth FILE...")
	os.Exit(2)
	return "", nil
}

func main() {
	if len(os.Args) < 2 {
		run("", nil)
	}
	var files []string
	for _, name := range os.Args[2:] {
		content, err := os.ReadFile(name)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
		files = append(files, string(content))
	}
	said, err := run(os.Args[1], files)
	if err != nil {
		fmt.Println("refused:", err)
		os.Exit(1)
	}
	fmt.Println("verified:", said)
}
