// DriverJdbc.java URL BOB ENVELOPE - what a Java program sees of the ledger through pgjdbc.
import java.security.SecureRandom;
import java.sql.Array;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Set;

public class DriverJdbc {
    static Connection connection;

    static Object one(String statement, Object... arguments) throws SQLException {
        try (PreparedStatement prepared = connection.prepareStatement(statement)) {
            for (int i = 0; i < arguments.length; i++)
                prepared.setObject(i + 1, arguments[i]);
            try (ResultSet rows = prepared.executeQuery()) {
                rows.next();
                return rows.getObject(1);
            }
        }
    }

    static void transactions(String bob) throws SQLException {
        connection.setAutoCommit(false);
        Set<Object> submissions = new HashSet<>();
        for (int n = 0; n < 20; n++)
            submissions.add(one("SELECT mes.transfer(?, 'GOLD', 1, ?)", bob, "row " + n));
        connection.commit();
        System.out.println("submissions " + submissions.size());
        try (PreparedStatement prepared = connection.prepareStatement("CALL public.pay(?)")) {
            for (int n = 0; n < 20; n++) {
                prepared.setString(1, bob);
                prepared.addBatch();
            }
            prepared.executeBatch();
        }
        connection.commit();
        connection.setAutoCommit(true);
        System.out.println("balance " + one("SELECT amount FROM mes.balances WHERE address = ?", bob));
    }

    public static void main(String[] arguments) throws Exception {
        String bob = arguments[1];
        byte[] envelope = HexFormat.of().parseHex(arguments[2]);
        byte[] document = new byte[32];

        new SecureRandom().nextBytes(document);
        connection = DriverManager.getConnection(arguments[0]);
        Object submission = one("SELECT mes.transfer(?, 'GOLD', 1)", bob);
        System.out.println("receipt " + one("SELECT status FROM mes.receipt_of(?)", submission));
        // often enough that pgjdbc turns to a prepared statement of the server's
        for (int i = 0; i < 7; i++) {
            try {
                one("SELECT mes.notarise(?)", document);
            } catch (SQLException error) {
                if (i == 1 || i == 6)
                    System.out.println((i == 1 ? "rejected " : "again ") + error.getSQLState());
            }
        }
        transactions(bob);
        Array envelopes = connection.createArrayOf("bytea", new byte[][] {envelope});
        try (PreparedStatement prepared =
                connection.prepareStatement("SELECT string_agg(status, ' ') FROM mes.submit_batch(?)")) {
            prepared.setArray(1, envelopes);
            ResultSet rows = prepared.executeQuery();
            rows.next();
            System.out.println("batch " + rows.getString(1));
        }
        System.out.println("status " + one("SELECT 1"));
    }
}
