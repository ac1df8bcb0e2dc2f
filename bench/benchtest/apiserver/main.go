// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

// Command apiserver serves the pods of package benchtest over TLS and HTTP/2,
// as a process of its own: to a benchmark in which the network and the threads
// behind it count. It prints its address and ends with its input.
package main

import (
	"flag"
	"fmt"
	"io"
	"net/http/httptest"
	"os"
	"time"

	"github.com/wasm-controller-manager/wcm/bench/benchtest"
)

func main() {
	pods := flag.Int("pods", 10_000, "how many there are")
	latency := flag.Duration("latency", 2*time.Millisecond, "how long a write takes")
	flag.Parse()
	server := httptest.NewUnstartedServer(benchtest.NewServer(*pods, false).Slow(*latency))
	server.EnableHTTP2 = true
	server.StartTLS()
	fmt.Println(server.URL)
	_, _ = io.Copy(io.Discard, os.Stdin)
}
