// ReadSchema.java - reads mes_bi as Metabase and Tableau do: through java.sql.DatabaseMetaData, then a
// query. Prints one line a fact of the model, for test/t/081_readers.pl. Arguments: JDBC URL.
import java.sql.*;
import java.util.*;

public class ReadSchema {
    public static void main(String[] words) throws SQLException {
        try (Connection connection = DriverManager.getConnection(words[0])) {
            DatabaseMetaData meta = connection.getMetaData();
            try (ResultSet tables = meta.getTables(null, "mes_bi", "%", new String[] {"TABLE", "VIEW"})) {
                while (tables.next())
                    System.out.println("table " + tables.getString("TABLE_NAME") + ": " + tables.getString("REMARKS"));
            }
            try (ResultSet columns = meta.getColumns(null, "mes_bi", "fact_transfer", "%")) {
                while (columns.next())
                    System.out.println("column " + columns.getString("COLUMN_NAME") + " "
                        + JDBCType.valueOf(columns.getInt("DATA_TYPE")) + " " + columns.getInt("COLUMN_SIZE") + "."
                        + columns.getInt("DECIMAL_DIGITS") + " " + columns.getString("IS_NULLABLE") + ": "
                        + columns.getString("REMARKS"));
            }
            try (ResultSet keys = meta.getPrimaryKeys(null, "mes_bi", "fact_transfer")) {
                while (keys.next())
                    System.out.println("primary key " + keys.getString("COLUMN_NAME"));
            }
            try (ResultSet keys = meta.getImportedKeys(null, "mes_bi", "fact_transfer")) {
                while (keys.next())
                    System.out.println("foreign key " + keys.getString("FKCOLUMN_NAME") + " to "
                        + keys.getString("PKTABLE_NAME") + "." + keys.getString("PKCOLUMN_NAME"));
            }
            String query = "SELECT d.calendar_date, a.code, sum(f.amount), max(f.block_time) FROM mes_bi.fact_transfer AS f "
                + "JOIN mes_bi.dim_date AS d USING (date_key) JOIN mes_bi.dim_asset AS a USING (asset_key) "
                + "WHERE f.reference = ? GROUP BY 1, 2";
            try (PreparedStatement statement = connection.prepareStatement(query)) {
                statement.setString(1, "INV-7");
                ResultSet rows = statement.executeQuery();
                while (rows.next())
                    System.out.println("row " + rows.getObject(2).getClass().getSimpleName() + " "
                        + rows.getBigDecimal(3).toPlainString() + " "
                        + (rows.getObject(4, java.time.OffsetDateTime.class).toInstant().isAfter(
                               java.time.Instant.parse("2020-01-01T00:00:00Z")) ? "time" : "no time"));
            }
        }
    }
}
