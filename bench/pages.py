def publish(about, rows):
    pass
