// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package process

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// Scrape reads the metrics that a process serves.
func Scrape(ctx context.Context, client *http.Client, url string) (Metrics, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/metrics", nil)
	if err != nil {
		return "", err
	}
	response, err := client.Do(request)
	if err != nil {
		return "", err
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s/metrics: %s", url, response.Status)
	}
	return Metrics(text), err
}

// Metrics are those of a process in Prometheus' text format.
type Metrics string

// Sum adds the values of a metric whose labels have a text in them. The error
// says that there is no such metric.
func (m Metrics) Sum(name, label string) (float64, error) {
	total, found := 0.0, false
	for line := range strings.Lines(string(m)) {
		rest, ok := strings.CutPrefix(line, name)
		if !ok || rest[0] != ' ' && rest[0] != '{' || !strings.Contains(rest, label) {
			continue
		}
		value, err := strconv.ParseFloat(strings.TrimSpace(rest[strings.LastIndexByte(rest, ' '):]), 64)
		if err != nil {
			return 0, fmt.Errorf("metric %q: %w", line, err)
		}
		total, found = total+value, true
	}
	if !found {
		return 0, fmt.Errorf("there is no metric %s{%s}", name, label)
	}
	return total, nil
}
