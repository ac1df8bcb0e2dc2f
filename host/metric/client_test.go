// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package metric

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

// A real client of client-go reports to the latest Metrics, and to that only.
func TestObserveClientGo(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"secret-name"}}`))
	}))
	defer server.Close()
	address, _ := url.Parse(server.URL)

	first, second := prometheus.NewRegistry(), prometheus.NewRegistry()
	New(first).ObserveClientGo()
	New(second).ObserveClientGo()
	client, err := kubernetes.NewForConfig(&rest.Config{Host: server.URL, ContentConfig: rest.ContentConfig{ContentType: "application/json"}})
	if err != nil {
		t.Fatalf("NewForConfig: %v", err)
	}
	if _, err := client.CoreV1().ConfigMaps("default").Get(t.Context(), "secret-name", metav1.GetOptions{}); err != nil {
		t.Fatalf("Get: %v", err)
	}
	clientGo{}.Off("lease")
	clientGo{}.On("lease")
	clientGo{}.SlowpathExercised("lease")

	host := "host=" + address.Host
	want := map[string]float64{
		"leader_election_master_status{name=lease}":                        1,
		"leader_election_slowpath_total{name=lease}":                       1,
		"rest_client_rate_limiter_duration_seconds{" + host + ",verb=GET}": 1,
		"rest_client_request_duration_seconds{" + host + ",verb=GET}":      1,
		"rest_client_request_size_bytes{" + host + ",verb=GET}":            1,
		"rest_client_requests_total{code=200," + host + ",method=GET}":     1,
		"rest_client_response_size_bytes{" + host + ",verb=GET}":           1,
	}
	if diff := cmp.Diff(want, nonZero(scrape(t, second))); diff != "" {
		t.Errorf("metrics of one request: -want +got:\n%s", diff)
	}
	if got := nonZero(scrape(t, first)); len(got) != 0 {
		t.Errorf("metrics that were replaced counted %v, want nothing", got)
	}
}
