/** Home while it is read: in the size of what comes. */
export function HomeLoading() {
  return (
    <div class="loading home-loading" role="status" aria-label="Reading how it is">
      <div class="numbers" />
      <div class="home-cards">
        {Array.from({ length: 4 }, (_, card) => (
          <div class="home-card" key={card}>
            {Array.from({ length: 3 }, (_, row) => (
              <div class="loading-row" key={row}>
                <span style={{ width: `${30 + ((card * 3 + row) % 4) * 12}%` }} />
              </div>
            ))}
          </div>
        ))}
      </div>
      <div class="home-parts" />
    </div>
  );
}
